import { AppError, type SplitRecipe } from "../../schemas/index.ts";
import { geneKeys } from "../genes/keys.ts";
import type { Axis, MetaColumn } from "../source.ts";
import { type CohortAxes, cellText, joinSamples, pickFields, shareGenes } from "./cohorts.ts";
import { counted, firstOf } from "./counted.ts";
import { checkDuplicates, type Duplicates, type GenePicks, genePicks } from "./gather.ts";
import { type GeneSelection, selectGenes } from "./selection.ts";
import { planSplit, type Split, type SplitName, splitNames } from "./split.ts";

/** What decides the rows, columns and split of a dataset. */
export interface DatasetChoices {
  readonly landmarks: GeneSelection;
  readonly targets: GeneSelection;
  readonly split: SplitRecipe;
  readonly duplicates: Duplicates;
}

/** Where a cohort's samples and genes lie. */
export interface CohortPlan {
  readonly cohort: string;
  readonly label: string;
  /** Samples `[start, end)` of the dataset, in the file's order. */
  readonly start: number;
  readonly end: number;
  readonly picks: GenePicks;
}

/** A dataset before any value is read. */
export interface DatasetPlan {
  /** Genes in use, in the first file's order, with `lf_landmark` and `lf_target` (0 or 1). */
  readonly genes: Axis;
  /** All samples, with `lf_split`, `lf_cohort`, and `lf_fold` and `lf_group` where the split has them. */
  readonly samples: Axis;
  /** 1 = landmark, `[genes]`. */
  readonly landmark: Uint8Array;
  /** 1 = target, `[genes]`. */
  readonly target: Uint8Array;
  readonly split: Split;
  /** Distinct groups in each split; undefined where the split has no groups. */
  readonly groups: Record<SplitName, number> | undefined;
  readonly cohorts: readonly CohortPlan[];
  /** Rows that disappear in the row of another one that carries the same gene. */
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
  const shared = shareGenes(cohorts);
  const chosen = chooseGenes(shared.axis, choices);
  const rows = [...shared.axis.ids.keys()].filter((gene) => chosen.landmark[gene] === 1 || chosen.target[gene] === 1);
  const columns = shared.columns.map((ofCohort) => rows.map((gene) => ofCohort[gene] ?? []));
  let mergedRows = 0;
  const cohortPlans: CohortPlan[] = [];
  for (const [index, { cohort, label, genes, samples }] of cohorts.entries()) {
    const columnsOfGene = columns[index] ?? [];
    const repeated = rows.flatMap((gene, row) =>
      (columnsOfGene[row]?.length ?? 0) > 1 ? [shared.axis.ids[gene] ?? ""] : [],
    );
    checkDuplicates(repeated, choices.duplicates, label);
    mergedRows += columnsOfGene.flat().length - rows.length;
    const start = cohortPlans.at(-1)?.end ?? 0;
    const picks = genePicks(genes.ids.length, columnsOfGene);
    cohortPlans.push({ cohort, label, start, end: start + samples.ids.length, picks });
  }
  const landmark = Uint8Array.from(rows, (gene) => chosen.landmark[gene] ?? 0);
  const target = Uint8Array.from(rows, (gene) => chosen.target[gene] ?? 0);
  const genes = {
    ids: rows.map((gene) => shared.axis.ids[gene] ?? ""),
    fields: pickFields(shared.axis.fields, rows)
      .set("lf_landmark", Float64Array.from(landmark))
      .set("lf_target", Float64Array.from(target)),
  };
  const lost = shared.lost.filter((one) => one.genes > 0);
  return {
    genes,
    landmark,
    target,
    ...splitSamples(joinSamples(cohorts), choices.split),
    cohorts: cohortPlans,
    mergedRows,
    warnings: [
      ...lost.map(({ cohort, genes: count }) => `${counted(count, "gene")} of ${cohort} not in every cohort: left out`),
      ...chosen.warnings,
    ],
  };
}

interface ChosenGenes {
  readonly landmark: Uint8Array;
  readonly target: Uint8Array;
  readonly warnings: readonly string[];
}

function chooseGenes(genes: Axis, choices: Pick<DatasetChoices, "landmarks" | "targets">): ChosenGenes {
  if (choices.landmarks.kind === "rest" && choices.targets.kind === "rest")
    throw new AppError("usage", {
      what: "--landmarks and --targets are both rest",
      expected: "at most one of them",
      advice: "Name the landmarks, such as --landmarks l1000",
    });
  const keys = geneKeys(genes);
  const warnings: string[] = [];
  const flags = (["landmarks", "targets"] as const).map((role) => {
    const selection = choices[role];
    const found = selectGenes(selection, genes, keys);
    if (selection.kind === "list") warnings.push(...listWarnings(selection, found));
    return found.flags;
  });
  const [landmark = new Uint8Array(), target = new Uint8Array()] = flags;
  if (choices.landmarks.kind === "rest") for (const gene of target.keys()) landmark[gene] = 1 - (target[gene] ?? 0);
  else if (choices.targets.kind === "rest")
    for (const gene of landmark.keys()) target[gene] = 1 - (landmark[gene] ?? 0);
  for (const [role, selected] of [
    ["landmarks", landmark],
    ["targets", target],
  ] as const) {
    if (selected.includes(1)) continue;
    throw new AppError("usage", {
      what: `no gene is selected by --${role}`,
      got: `${genes.ids.length} genes such as ${genes.ids.slice(0, 3).join(", ")}`,
      advice: `Choose --${role} l1000, rest, meta:FIELD[=VALUE] or a gene list that names genes as this file does`,
      examples: warnings,
    });
  }
  return { landmark, target, warnings };
}

function listWarnings(
  { label, entries }: Extract<GeneSelection, { readonly kind: "list" }>,
  { notFound, several }: { readonly notFound: readonly string[]; readonly several: readonly string[] },
): string[] {
  return [
    ...(notFound.length === 0
      ? []
      : [`${label}: ${notFound.length} of ${entries.length} entries not found: ${firstOf(notFound)}`]),
    ...(several.length === 0
      ? []
      : [
          `${label}: several genes for ${several.length} of ${entries.length} entries, all of them taken: ${firstOf(several)}`,
        ]),
  ];
}

/** Carries the samples' metadata on and adds the split's columns; `lf_` columns of an earlier dataset are dropped. */
function splitSamples(joined: Axis, recipe: SplitRecipe): Pick<DatasetPlan, "samples" | "split" | "groups"> {
  const field = recipe.kind === "random" ? undefined : recipe.field;
  const groups = field === undefined ? undefined : groupColumn(joined, field);
  const split = planSplit(recipe, { count: joined.ids.length, groups });
  const fields = new Map<string, MetaColumn>(joined.fields);
  for (const earlier of ["lf_split", "lf_fold", "lf_group"]) fields.delete(earlier);
  fields.set(
    "lf_split",
    Array.from(split.codes, (code) => splitNames[code] ?? ""),
  );
  if (split.folds !== undefined) fields.set("lf_fold", Float64Array.from(split.folds));
  if (groups !== undefined) fields.set("lf_group", groups);
  return {
    samples: { ids: joined.ids, fields },
    split,
    groups: groups && countGroups(groups, split.codes),
  };
}

function countGroups(groups: readonly string[], codes: Uint8Array): Record<SplitName, number> {
  const inSplit = (code: number): number => new Set(groups.filter((_, sample) => codes[sample] === code)).size;
  return { train: inSplit(0), validation: inSplit(1), test: inSplit(2) };
}

function groupColumn({ ids, fields }: Axis, field: string): string[] {
  const column = fields.get(field);
  if (column === undefined)
    throw new AppError("usage", {
      what: `the samples have no metadata column "${field}" to split by`,
      got: `columns ${[...fields.keys()].join(", ")}`,
      advice: "Choose one of these, or --split random",
    });
  const groups = ids.map((_, sample) => cellText(column, sample));
  const missing = ids.filter((_, sample) => groups[sample] === "");
  if (missing.length === 0) return groups;
  throw new AppError("bad-data", {
    what: `no value in "${field}" for ${missing.length} of ${counted(ids.length, "sample")}, so their group is not known`,
    examples: missing,
    advice: "Fill the column in, take these samples out, or split by another column",
  });
}
