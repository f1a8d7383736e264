import { AppError, type SplitRecipe } from "../../schemas/index.ts";
import type { SpaceGene } from "../genes/gene-space.ts";
import { identifyIds } from "../genes/identify.ts";
import { geneOfRow } from "../genes/target-id.ts";
import type { Axis } from "../source.ts";
import { chooseGenes } from "./chosen-genes.ts";
import { type CohortAxes, joinSamples, pickFields, type SharedGenes, shareGenes } from "./cohorts.ts";
import { counted, firstOf } from "./counted.ts";
import { checkDuplicates, type Duplicates, type GenePicks, genePicks } from "./gather.ts";
import { mapGenes } from "./mapped-genes.ts";
import type { GeneSelection } from "./selection.ts";
import { type SplitSamples, splitSamples } from "./split-samples.ts";
import { overlapWarnings } from "./warnings.ts";

/** What decides the rows, columns and split of a dataset. */
export interface DatasetChoices {
  readonly landmarks: GeneSelection;
  readonly targets: GeneSelection;
  readonly split: SplitRecipe;
  readonly duplicates: Duplicates;
  /** Genes of maps, by which cohorts are joined; absent: row ids are compared as they are. */
  readonly space?: readonly SpaceGene[] | undefined;
}

/** Where a cohort's samples and genes lie. */
export interface CohortPlan {
  readonly cohort: string;
  readonly label: string;
  /** Samples `[start, end)` of the dataset, in the file's order. */
  readonly start: number;
  readonly end: number;
  readonly picks: GenePicks;
  /** How the columns of the genes were found; those of `probe` are averaged, whatever `duplicates` says. */
  readonly by: SharedGenes["by"][number];
  /** The file's ids are microarray probes. */
  readonly probes: boolean;
}

/** A dataset before any value is read. */
export interface DatasetPlan extends SplitSamples {
  /** Genes in use, in the first file's order, with `lf_landmark` and `lf_target` (0 or 1). */
  readonly genes: Axis;
  /** 1 = landmark, `[genes]`. */
  readonly landmark: Uint8Array;
  /** 1 = target, `[genes]`. */
  readonly target: Uint8Array;
  readonly cohorts: readonly CohortPlan[];
  /** Row ids of targets that are landmarks too, by the same values or by other probes of the gene. */
  readonly overlap: readonly string[];
  /** Rows that disappear in the row of another one that carries the same gene; not those of probes. */
  readonly mergedRows: number;
  /** What a user should know. */
  readonly warnings: readonly string[];
}

/**
 * Plans a dataset from the axes of its input files: which genes and samples go where.
 * @throws AppError `usage` when landmarks, targets or split cannot be had from these files; `bad-data` when the files
 *   have no gene in common, repeat a sample, or repeat a gene in use that may not be merged.
 */
export function planDataset(cohorts: readonly CohortAxes[], choices: DatasetChoices): DatasetPlan {
  const shared = choices.space === undefined ? shareGenes(cohorts) : mapGenes(cohorts, choices.space);
  const chosen = chooseGenes(shared.axis, choices);
  const rows = [...shared.axis.ids.keys()].filter((gene) => chosen.landmark[gene] === 1 || chosen.target[gene] === 1);
  const landmark = Uint8Array.from(rows, (gene) => chosen.landmark[gene] ?? 0);
  const target = Uint8Array.from(rows, (gene) => chosen.target[gene] ?? 0);
  const genes = {
    ids: rows.map((gene) => shared.axis.ids[gene] ?? ""),
    fields: pickFields(shared.axis.fields, rows)
      .set("lf_landmark", Float64Array.from(landmark))
      .set("lf_target", Float64Array.from(target)),
  };
  const overlap = overlapOf(genes.ids, landmark, target);
  checkSomethingToInfer(genes.ids, landmark, target);
  const split = splitSamples(joinSamples(cohorts), choices.split);
  return {
    genes,
    landmark,
    target,
    overlap,
    ...split,
    ...pickColumns(cohorts, { shared, rows, duplicates: choices.duplicates }),
    warnings: [...shared.warnings, ...chosen.warnings, ...overlapWarnings(overlap, countOf(target)), ...split.warnings],
  };
}

interface Picking extends Pick<DatasetChoices, "duplicates"> {
  readonly shared: SharedGenes;
  /** Genes in use, as rows of the shared axis. */
  readonly rows: readonly number[];
}

function pickColumns(
  cohorts: readonly CohortAxes[],
  { shared, rows, duplicates }: Picking,
): Pick<DatasetPlan, "cohorts" | "mergedRows"> {
  let mergedRows = 0;
  const plans: CohortPlan[] = [];
  for (const [index, { cohort, label, genes, samples }] of cohorts.entries()) {
    const columnsOfGene = rows.map((gene) => shared.columns[index]?.[gene] ?? []);
    const by = shared.by[index] ?? "id";
    if (by !== "probe") {
      const repeated = rows.filter((_, row) => (columnsOfGene[row]?.length ?? 0) > 1);
      checkDuplicates(
        repeated.map((gene) => shared.axis.ids[gene] ?? ""),
        duplicates,
        label,
      );
      mergedRows += columnsOfGene.flat().length - rows.length;
    }
    const start = plans.at(-1)?.end ?? 0;
    const picks = genePicks(genes.ids.length, columnsOfGene);
    const probes = identifyIds(genes.ids) === "affy";
    plans.push({ cohort, label, start, end: start + samples.ids.length, picks, by, probes });
  }
  return { cohorts: plans, mergedRows };
}

function overlapOf(ids: readonly string[], landmark: Uint8Array, target: Uint8Array): string[] {
  const landmarks = new Set(ids.filter((_, gene) => landmark[gene] === 1));
  return ids.filter((id, gene) => target[gene] === 1 && landmarks.has(geneOfRow(id)));
}

const countOf = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);

/**
 * Targets that are the landmarks' other probes are values of their own; those that are the landmarks' very rows are
 * copied.
 * @throws AppError `usage` when every target is such a row
 */
function checkSomethingToInfer(ids: readonly string[], landmark: Uint8Array, target: Uint8Array): void {
  if (target.some((flag, gene) => flag === 1 && landmark[gene] === 0)) return;
  const targets = ids.filter((_, gene) => target[gene] === 1);
  throw new AppError("usage", {
    what: "every target is a landmark too: no gene is left to infer",
    expected: "a target that is no landmark",
    got: `${counted(targets.length, "target")}: ${firstOf(targets)}`,
    advice: "Choose other --targets, such as rest, or fewer --landmarks",
  });
}
