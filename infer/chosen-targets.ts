/**
 * Some of a model's targets: what else it could infer is neither computed nor written.
 * @module
 */
import type { GeneReference, KnownGene, OpenReference } from "../data/genes/gene-reference.ts";
import { identifyGenes, recordAxis } from "../data/genes/identified.ts";
import { withoutVersion } from "../data/genes/identify.ts";
import { AppError, type ExpressionManifest, type GeneRecord } from "../schemas/index.ts";

/** Which targets are wanted. */
export type TargetChoice =
  /** By row id, Entrez id, Ensembl id or symbol. */
  | { readonly by: "list"; readonly label: string; readonly genes: readonly string[] }
  /** By place among the targets, as a plan has them: `0-4,17`. */
  | { readonly by: "columns"; readonly columns: string }
  /** The genes that CMap infers best (Subramanian et al. 2017: 9,196 beside the 978 landmarks). */
  | { readonly by: "bing" };

/** Targets of a model, chosen. */
export interface ChosenTargets {
  /** Ascending places among the targets. */
  readonly columns: Int32Array;
  readonly warnings: readonly string[];
}

/** A model whose targets are chosen from. */
export interface TargetsToChoose {
  readonly manifest: ExpressionManifest;
  /** Its landmarks, then its targets. */
  readonly genes: readonly GeneRecord[];
  /** Which genes are the best inferred. */
  readonly reference: OpenReference;
}

/**
 * Finds the targets that are wanted; their order stays the model's. A landmark in the list needs no choice: the output
 * holds all of them. A name that several targets have means all of these.
 * @throws AppError `usage` when no target is chosen, or columns are none of the model's
 */
export function chooseTargets(choice: TargetChoice, { manifest, genes, reference }: TargetsToChoose): ChosenTargets {
  const targets = genes.slice(manifest.landmarks);
  if (choice.by === "bing") return bestInferred(genes, manifest, reference());
  if (choice.by === "columns") return { columns: parseColumns(choice.columns, targets.length), warnings: [] };
  const columnsOf = indexByName(targets);
  const landmarks = indexByName(genes.slice(0, manifest.landmarks));
  const chosen = new Set<number>();
  const absent: string[] = [];
  for (const gene of choice.genes) {
    const found = columnsOf.get(nameOf(gene));
    if (found !== undefined) for (const column of found) chosen.add(column);
    else if (!landmarks.has(nameOf(gene))) absent.push(gene);
  }
  const shown = `${absent.slice(0, 5).join(", ")}${absent.length > 5 ? ", …" : ""}`;
  if (chosen.size === 0)
    throw new AppError("usage", {
      what: "none of the genes is a target of the model",
      where: choice.label,
      examples: absent,
      advice: "Name genes by their row ids in `genes.tsv` of the model, Entrez ids, Ensembl ids or symbols",
    });
  const warnings =
    absent.length === 0 ? [] : [`${absent.length} genes of ${choice.label} are not in the model: ${shown}`];
  return { columns: Int32Array.from(chosen).toSorted(), warnings };
}

/** Targets that are best-inferred genes, or landmarks of L1000 that the model infers. */
function bestInferred(
  genes: readonly GeneRecord[],
  { landmarks }: ExpressionManifest,
  reference: GeneReference,
): ChosenTargets {
  const isBing = ({ space }: KnownGene): boolean => space === "best-inferred" || space === "landmark";
  const { found } = identifyGenes(recordAxis(genes), reference);
  const had = new Set(found.flatMap((match) => (match !== undefined && isBing(match.gene) ? [match.gene.entrez] : [])));
  const columns = found.slice(landmarks).flatMap((match, column) => (match && isBing(match.gene) ? [column] : []));
  const all = reference.genes.filter(isBing).length;
  if (columns.length === 0)
    throw new AppError("usage", {
      what: "none of the model's targets is a best-inferred gene",
      expected: `some of the ${all} genes of the L1000 space`,
      got: `${found.length - landmarks} targets, such as ${genes[landmarks]?.id ?? "none"}`,
      advice: "Name targets in a file, or infer all",
    });
  const absent = all - had.size;
  const warnings =
    absent === 0 ? [] : [`${absent} of the ${all} best-inferred genes and landmarks are not in the model`];
  return { columns: Int32Array.from(columns), warnings };
}

/** Ascending columns as a plan has them: `0-4,17`. */
export function formatColumns(columns: Int32Array): string {
  const runs: { readonly first: number; last: number }[] = [];
  for (const column of columns) {
    const run = runs.at(-1);
    if (run?.last === column - 1) run.last = column;
    else runs.push({ first: column, last: column });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

function parseColumns(text: string, targets: number): Int32Array {
  const columns = text.split(",").flatMap((run) => {
    const [, first = "", last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(run) ?? [];
    const [start, end] = first === "" ? [Number.NaN, Number.NaN] : [Number(first), Number(last)];
    if (end < targets) return Array.from({ length: end - start + 1 }, (_, i) => start + i);
    const expected = `columns from 0 to ${targets - 1}`;
    throw new AppError("usage", { what: "these are not targets of the model", expected, got: run });
  });
  return Int32Array.from(columns);
}

/** Columns by every name that a gene goes by. */
function indexByName(genes: readonly GeneRecord[]): ReadonlyMap<string, readonly number[]> {
  const columns = new Map<string, number[]>();
  for (const [column, { id, entrez, ensembl, symbol }] of genes.entries()) {
    const names = new Set([id, entrez, ensembl, symbol].filter((name) => name !== "").map(nameOf));
    for (const name of names) columns.set(name, [...(columns.get(name) ?? []), column]);
  }
  return columns;
}

/** Case and an Ensembl id's version do not tell genes apart. */
function nameOf(gene: string): string {
  return (/^ENS/i.test(gene) ? withoutVersion(gene) : gene).toUpperCase();
}

/** Manifest and gene table of a model with some of its targets only; its identity stays the whole model's. */
export function withTargets<
  Model extends { readonly manifest: ExpressionManifest; readonly genes: readonly GeneRecord[] },
>(model: Model, columns: Int32Array): Model {
  const { manifest, genes } = model;
  const { landmarks, transform, golden } = manifest;
  const pick = (values: readonly number[]): number[] => Array.from(columns, (column) => values[column] ?? Number.NaN);
  const places = new Map(Array.from(columns, (column, place) => [column, place]));
  const kept = golden.targetIndices.flatMap((column, i) => {
    const place = places.get(column);
    return place === undefined ? [] : [{ i, place }];
  });
  const pickKept = (rows: readonly (readonly number[])[]) =>
    rows.map((row) => kept.map(({ i }) => row[i] ?? Number.NaN));
  return {
    ...model,
    genes: [
      ...genes.slice(0, landmarks),
      ...Array.from(columns, (column) => genes[landmarks + column]).filter((gene) => gene !== undefined),
    ],
    manifest: {
      ...manifest,
      targets: columns.length,
      transform: {
        ...transform,
        targets: { mean: pick(transform.targets.mean), sd: pick(transform.targets.sd) },
      },
      golden: {
        ...golden,
        targetIndices: kept.map(({ place }) => place),
        targets: pickKept(golden.targets),
      },
    },
  };
}
