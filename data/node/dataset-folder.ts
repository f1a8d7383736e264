import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError, type ExpressionDataset, isAppError } from "../../schemas/index.ts";
import type { DatasetPlan } from "../dataset/plan.ts";
import type { QuantilePlan } from "../dataset/quantile-plan.ts";
import { splitNames } from "../dataset/split.ts";
import { transliterate } from "../write/ascii.ts";
import { fsyncDirectory, temporaryPath, writeError } from "./atomic.ts";
import { datasetFiles, openDataset } from "./dataset.ts";
import { droppedFile } from "./dedupe-inputs.ts";
import { sha256File } from "./hash.ts";

/** What a dataset would be, as far as that is known before its values are read. */
export interface ExpectedDataset {
  readonly plan: DatasetPlan;
  readonly description: Pick<ExpressionDataset, "name" | "sources" | "split" | "steps">;
  readonly standardisation: Pick<ExpressionDataset["standardisation"], "fittedOn" | "epsilon"> & {
    readonly clip?: number;
  };
  /** Absent: no quantile normalisation. */
  readonly quantile?: QuantilePlan | undefined;
  /** Absent: found out from the values. */
  readonly scale?: ExpressionDataset["scale"] | undefined;
  /** Absent: a dataset with filled values is not what is asked for. */
  readonly fillsMissing: boolean;
}

/** What lies where a dataset is to be written. */
export type FolderState =
  | { readonly kind: "free" }
  | { readonly kind: "same"; readonly dataset: ExpressionDataset; readonly hash: string }
  | { readonly kind: "different"; readonly differences: readonly string[] };

/**
 * Compares what lies at `directory` with the dataset expected there, the hash of its values included.
 * @throws AppError `cannot-create` when there is something that is no dataset; `cancelled`.
 */
export async function inspectFolder(
  directory: string,
  expected: ExpectedDataset,
  signal?: AbortSignal,
): Promise<FolderState> {
  const entries = await entriesOf(directory);
  if (entries === undefined || entries.length === 0) return { kind: "free" };
  const known: readonly string[] = [...Object.values(datasetFiles), droppedFile];
  const foreign = entries.filter((entry) => !known.includes(entry));
  if (foreign.length > 0)
    throw new AppError("cannot-create", {
      what: "the directory holds other files, so it is never replaced",
      where: directory,
      expected: "nothing there, an empty directory, or an earlier dataset",
      examples: foreign,
      advice: "Choose another output directory",
    });
  try {
    await using open = await openDataset(directory);
    const differences = differencesOf(open.dataset, expected);
    differences.push(...(await contentDifferences(directory, { open, expected, signal })));
    if (differences.length > 0) return { kind: "different", differences };
    return { kind: "same", dataset: open.dataset, hash: open.hash };
  } catch (error) {
    // Half a dataset, or one of an older schema: different, and the reason says why.
    if (isAppError(error, "no-input", "bad-data")) return { kind: "different", differences: [error.message] };
    throw error;
  }
}

/**
 * Lets `fill` write into a new directory beside `directory` and then puts it there at once, in place of an earlier
 * dataset; after an error nothing is left behind.
 * @throws AppError `cannot-create` when the file system refuses; and what `fill` throws.
 */
export async function writeFolder<T>(directory: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = temporaryPath(directory);
  const earlier = temporaryPath(directory);
  try {
    await mkdir(dirname(directory), { recursive: true });
    await mkdir(temporary);
    const result = await fill(temporary);
    await fsyncDirectory(temporary);
    const replaces = (await entriesOf(directory)) !== undefined;
    if (replaces) await rename(directory, earlier);
    try {
      await rename(temporary, directory);
    } catch (error) {
      if (replaces) await rename(earlier, directory);
      throw error;
    }
    await fsyncDirectory(dirname(directory));
    await rm(earlier, { recursive: true, force: true });
    return result;
  } catch (error) {
    throw writeError(error, directory);
  } finally {
    // Best effort: what stopped the writing may stop the tidying up too, and that error is on its way.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Names in a directory; undefined where there is nothing. */
async function entriesOf(directory: string): Promise<string[] | undefined> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw writeError(error, directory);
  }
}

/** In which recorded choices a dataset differs from what is expected. */
function differencesOf(dataset: ExpressionDataset, expected: ExpectedDataset): string[] {
  const { name, sources, split, steps } = expected.description;
  const { fittedOn, epsilon, clip } = dataset.standardisation;
  const filled = dataset.steps.some(({ kind }) => kind === "impute-mean");
  const compared: [what: string, there: unknown, wanted: unknown][] = [
    ["name", dataset.name, name],
    ["inputs", dataset.sources, sources],
    ["split", dataset.split, split],
    ["steps", dataset.steps.filter(({ kind }) => kind !== "impute-mean" && kind !== "quantile"), steps],
    ["quantile normalisation", quantilePlanOf(dataset), expected.quantile],
    ["filling of missing values", filled && !expected.fillsMissing, false],
    ["standardisation", { fittedOn, epsilon, clip }, { ...expected.standardisation }],
    ["scale", dataset.scale, expected.scale ?? dataset.scale],
  ];
  return compared.flatMap(([what, there, wanted]) => (canonical(there) === canonical(wanted) ? [] : [what]));
}

/** The recorded choices of the quantile normalisation, without the values of its reference. */
function quantilePlanOf({ steps }: ExpressionDataset): QuantilePlan | undefined {
  const reference = steps.find((step) => step.kind === "quantile")?.reference;
  return reference && { cohort: reference.cohort, rows: reference.rows, ranks: reference.ranks };
}

/** Text of a value that does not depend on the order of keys; undefined members count as absent. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join()}}`;
}

interface ContentCheck {
  readonly open: Awaited<ReturnType<typeof openDataset>>;
  readonly expected: ExpectedDataset;
  readonly signal?: AbortSignal | undefined;
}

async function contentDifferences(directory: string, { open, expected, signal }: ContentCheck): Promise<string[]> {
  const { genes, landmark, target, split } = expected.plan;
  const wanted = (flags: Uint8Array): string[] =>
    genes.ids.flatMap((id, gene) => (flags[gene] === 1 ? [transliterate(id)] : []));
  const there = (role: "landmarks" | "targets"): string[] => open[role].map(({ sourceId }) => sourceId);
  const codes = open.samples.fields.get("lf_split");
  const differences: string[] = [];
  if (canonical(there("landmarks")) !== canonical(wanted(landmark))) differences.push("landmarks");
  if (canonical(there("targets")) !== canonical(wanted(target))) differences.push("targets");
  if (!split.codes.every((code, sample) => codes?.[sample] === splitNames[code])) differences.push("split of samples");
  const hash = await sha256File(join(directory, datasetFiles.expression), { signal });
  if (hash !== open.dataset.expressionSha256) differences.push(`${datasetFiles.expression} is damaged`);
  const dedupe = open.dataset.steps.find((step) => step.kind === "dedupe");
  if (dedupe !== undefined && (await sha256File(join(directory, droppedFile), { signal })) !== dedupe.droppedSha256)
    differences.push(`${droppedFile} is damaged`);
  return differences;
}
