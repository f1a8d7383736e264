import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenSession } from "../../runtime/session.ts";
import {
  AppError,
  type DatasetSource,
  isAppError,
  type OnProgress,
  type PreparationStep,
} from "../../schemas/index.ts";
import type { Missing } from "../dataset/missing.ts";
import { MomentsAccumulator } from "../dataset/moments.ts";
import { filledValues, keptSamples, loggedValues } from "../dataset/source-views.ts";
import { clusterCount, clusterWarnings } from "../dedupe/cluster-count.ts";
import { type DedupeMethod, dedupe } from "../dedupe/dedupe.ts";
import type { ExpressionSource } from "../source.ts";
import { tabbed, tableCell } from "../write/table-cell.ts";
import { readDatasetDescription } from "./dataset.ts";
import { sha256 } from "./hash.ts";

/** File of a dataset directory that names the samples left out as duplicates. */
export const droppedFile = "dropped.tsv";

/** How duplicates are sought. */
export interface DedupeRequest {
  readonly method: DedupeMethod;
  /** Euclidean, over all genes of a cohort, after `log2`. */
  readonly distance: number;
  /** Clusters of `kmeans`; absent, and where a cohort is too small for them: as its samples need. */
  readonly clusters?: number | undefined;
  readonly seed: number;
}

/** The request with what else decides its result. */
export interface DedupeSearch extends DedupeRequest {
  /** `mean`: a missing value counts as its gene's mean over the cohort; without it none may be missing. */
  readonly missing: Missing;
}

/** A cohort to look for duplicates in. */
export interface DedupeInput {
  readonly cohort: string;
  readonly source: ExpressionSource;
  /** Offset of the logarithm that the values will be taken of. */
  readonly log2?: number | undefined;
}

/** Cohorts without their duplicates. */
export interface Deduped {
  /** Views of the sources, which they dispose of. */
  readonly sources: readonly ExpressionSource[];
  readonly step: Extract<PreparationStep, { readonly kind: "dedupe" }>;
  /** Content of {@link droppedFile}: `cohort`, `sample`, `duplicate_of`, `distance`. */
  readonly table: string;
  readonly warnings: readonly string[];
}

/** What the search needs from outside. */
export interface DedupeControl {
  readonly open: OpenSession;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

const header = ["cohort", "sample", "duplicate_of", "distance"].join("\t");

/**
 * Leaves out the duplicates inside each cohort.
 * @throws AppError as {@link dedupe}, with `bad-data` for a cohort with missing values that are not to be filled.
 */
export async function dedupeInputs(
  inputs: readonly DedupeInput[],
  request: DedupeSearch,
  { open, onProgress, signal }: DedupeControl,
): Promise<Deduped> {
  const lines: string[] = [];
  for (const { cohort, source, log2 } of inputs) {
    const { ids } = source.samples;
    const logged = log2 === undefined ? source : loggedValues(source, log2);
    const seen = request.missing === "mean" ? filledValues(logged, await meansOf(logged, signal)) : logged;
    const clusters = clusterCount(ids.length, request.clusters);
    const { dropped } = await dedupe(seen, { ...request, clusters, open, onProgress, signal });
    for (const { row, duplicateOf, distance } of dropped) {
      const cells = [cohort, ids[row] ?? "", ids[duplicateOf] ?? "", String(distance)];
      lines.push(cells.map((cell) => tableCell(cell, tabbed)).join("\t"));
    }
  }
  return dedupedFrom(`${[header, ...lines].join("\n")}\n`, inputs, request);
}

/**
 * The duplicates that an earlier preparation of the same files and options found, so that they need not be sought
 * again; undefined where there is none, or its list is damaged.
 */
export async function earlierDeduped(
  directory: string,
  inputs: readonly DedupeInput[],
  wanted: {
    readonly request: DedupeSearch;
    readonly sources: readonly DatasetSource[];
    readonly steps: readonly PreparationStep[];
  },
): Promise<Deduped | undefined> {
  try {
    const { dataset } = await readDatasetDescription(directory);
    const table = await readFile(join(directory, droppedFile), "utf8");
    const step = dataset.steps.find((one) => one.kind === "dedupe");
    const log2 = (steps: readonly PreparationStep[]): string => JSON.stringify(steps.filter((s) => s.kind === "log2"));
    if (step?.droppedSha256 !== sha256(table) || log2(dataset.steps) !== log2(wanted.steps)) return undefined;
    if (JSON.stringify(dataset.sources) !== JSON.stringify(wanted.sources)) return undefined;
    const found = dedupedFrom(table, inputs, wanted.request);
    return JSON.stringify(found.step) === JSON.stringify(step) ? found : undefined;
  } catch (error) {
    if (isAppError(error, "no-input", "bad-data") || (error as NodeJS.ErrnoException).code === "ENOENT")
      return undefined;
    throw error;
  }
}

/** Mean of each gene over all samples, `[genes]`; NaN for a gene that none has. */
async function meansOf(source: ExpressionSource, signal: AbortSignal | undefined): Promise<Float64Array> {
  const moments = new MomentsAccumulator(source.genes.ids.length);
  for await (const { values, rows } of source.blocks(signal && { signal }))
    moments.add({ values, rows: Int32Array.from({ length: rows }, (_, row) => row) });
  return moments.finish().mean;
}

function dedupedFrom(table: string, inputs: readonly DedupeInput[], request: DedupeSearch): Deduped {
  const gone = new Map(inputs.map(({ cohort }) => [cohort, new Set<string>()]));
  for (const line of table.trimEnd().split("\n").slice(1)) {
    const [cohort = "", sample = ""] = line.split("\t");
    gone.get(cohort)?.add(sample);
  }
  const removed = Object.fromEntries([...gone].map(([cohort, samples]) => [cohort, samples.size]));
  const { method, distance, clusters, seed, missing } = request;
  const used = inputs.map(({ cohort, source }) => [cohort, clusterCount(source.samples.ids.length, clusters)] as const);
  return {
    sources: inputs.map(({ cohort, source }) => withoutSamples(source, gone.get(cohort) ?? new Set())),
    step: {
      kind: "dedupe",
      method,
      distance,
      ...(method === "kmeans" && { ...(clusters !== undefined && { clusters }), used: Object.fromEntries(used) }),
      seed,
      ...(missing === "mean" && { missing }),
      removed,
      droppedSha256: sha256(table),
    },
    table,
    warnings:
      method === "kmeans"
        ? inputs.flatMap(({ cohort, source }) => clusterWarnings(cohort, source.samples.ids.length, clusters))
        : [],
  };
}

function withoutSamples(source: ExpressionSource, gone: ReadonlySet<string>): ExpressionSource {
  if (gone.size === 0) return source;
  const { ids } = source.samples;
  const kept = Int32Array.from(ids.keys()).filter((row) => !gone.has(tableCell(ids[row] ?? "", tabbed)));
  if (kept.length + gone.size === ids.length) return keptSamples(source, kept);
  throw new AppError("bad-data", {
    what: "two sample ids differ only in blanks, tabs or line breaks, so that duplicates cannot be told apart",
    where: source.label,
    advice: "Rename them",
  });
}
