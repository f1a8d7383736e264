import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { AppError, Dataset, type ExpressionDataset } from "../../schemas/index.ts";
import { type DatasetBlock, datasetBlocks, type RoleScaling } from "../dataset/blocks.ts";
import { cellText } from "../dataset/cohorts.ts";
import { type DatasetGene, type GeneRoles, geneRoles } from "../dataset/genes.ts";
import { type SplitName, splitNames } from "../dataset/split.ts";
import { columnScaling } from "../dataset/standardise.ts";
import type { Axis, Block, BlockRange, ExpressionSource } from "../source.ts";
import { sha256 } from "./hash.ts";
import { openExpression } from "./open.ts";

/** File names of a dataset directory (DESIGN 3.3). */
export const datasetFiles = { description: "dataset.json", expression: "expression.gctx" } as const;

/** Which rows to read, in which units, and how many at a time. */
export interface DatasetRange {
  readonly split: SplitName;
  /** Only the rows of this cohort. */
  readonly cohort?: string;
  /** `native`: the dataset's scale. `z`: standardised and clipped as `dataset.json` says. */
  readonly units: "native" | "z";
  /** Rows of every block but the last. */
  readonly blockRows?: number;
  readonly signal?: AbortSignal;
}

/** Mean and population standard deviation of some genes, in native units. */
export interface RoleMoments {
  readonly mean: Float64Array;
  readonly sd: Float64Array;
}

/** A dataset directory, open for reading; dispose it to close the file. */
export interface OpenDataset extends AsyncDisposable {
  /** Where it lies, as it was given: another thread opens it by this. */
  readonly directory: string;
  readonly dataset: ExpressionDataset;
  /** sha256 of `dataset.json`, which names the sha256 of `expression.gctx`: together the dataset's identity. */
  readonly hash: string;
  readonly landmarks: readonly DatasetGene[];
  readonly targets: readonly DatasetGene[];
  /** 1 = this target is a landmark too, `[targets]`. */
  readonly overlap: Uint8Array;
  /**
   * Moments `*`: the frozen reference that a model carries. Of training rows; of all rows where
   * `standardisation.fittedOn` is `all`. With `cohort`, z scores use each cohort's own moments instead.
   */
  readonly landmarkMoments: RoleMoments;
  readonly targetMoments: RoleMoments;
  readonly samples: Axis;
  /** Columns of `expression.gctx` that are landmarks, and those that are targets, in the order of both lists. */
  readonly landmarkColumns: Int32Array;
  readonly targetColumns: Int32Array;
  /** How a sample's landmarks and targets become z scores: the same object for samples that share it. */
  readonly scalingOf: (sample: number) => RoleScaling;
  /** Samples of a split, of one cohort or of all, ascending; none where the cohort has none in it. */
  rowsOf(split: SplitName, cohort?: string): Int32Array;
  /** Cohorts with samples in a split, in the order of their first sample. */
  cohortsOf(split: SplitName): readonly string[];
  sampleCount(split: SplitName, cohort?: string): number;
  /** Whole rows of `expression.gctx`, all genes in the file's order and native units: what blocks are made of. */
  rawRows(range: BlockRange): AsyncIterable<Block>;
  /** Group of each sample, `[samples]`; undefined where the split has no groups. */
  readonly groupOf: readonly string[] | undefined;
  /**
   * Rows of a split in file order, in blocks of exactly `blockRows` rows, the last one shorter.
   * @throws AppError `bad-data` when the file ends early, `cancelled` when `signal` is aborted.
   */
  blocks(range: DatasetRange): AsyncIterable<DatasetBlock>;
}

/**
 * Opens a dataset directory and checks that `expression.gctx` has the shape that `dataset.json` states; the file's
 * hash is not computed.
 * @throws AppError `no-input` when a file is missing, `bad-data` when one is damaged or they do not agree.
 */
export async function openDataset(directory: string): Promise<OpenDataset> {
  const { dataset, hash } = await readDatasetDescription(directory);
  const source = await openExpression(join(directory, datasetFiles.expression));
  try {
    return describe(directory, { dataset, hash, source });
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Reads `dataset.json` and its hash.
 * @throws AppError `no-input` when there is none, `bad-data` when it does not fit the schema.
 */
export async function readDatasetDescription(directory: string): Promise<{ dataset: ExpressionDataset; hash: string }> {
  const path = join(directory, datasetFiles.description);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const advice = "Give the directory that `landfall prepare … -o DIRECTORY` wrote";
    throw new AppError("no-input", { what: "this is no dataset", where: path, advice }, { cause });
  }
  const again = "Prepare the dataset again";
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    const got = (cause as Error).message;
    throw new AppError("bad-data", { what: "not valid JSON", where: path, got, advice: again }, { cause });
  }
  const parsed = Dataset.safeParse(content);
  if (parsed.success) return { dataset: parsed.data, hash: sha256(text) };
  const what = "not the description of a dataset";
  const got = z.prettifyError(parsed.error);
  throw new AppError("bad-data", { what, where: path, got, advice: again }, { cause: parsed.error });
}

interface Parts {
  readonly dataset: ExpressionDataset;
  readonly hash: string;
  readonly source: ExpressionSource;
}

function describe(directory: string, { dataset, hash, source }: Parts): OpenDataset {
  const roles = geneRoles(source.genes);
  const splitRows = rowsBySplit(source.samples);
  checkAgreement(directory, { dataset, source, roles, splitRows });
  const landmarkColumns = Int32Array.from(roles.landmarks, ({ row }) => row);
  const targetColumns = Int32Array.from(roles.targets, ({ row }) => row);
  const momentsOf = (cohort: string, columns: Int32Array): RoleMoments => {
    const moments = dataset.standardisation.moments.find((one) => one.cohort === cohort);
    const pick = (values: readonly number[] = []): Float64Array =>
      Float64Array.from(columns, (column) => values[column] ?? Number.NaN);
    return { mean: pick(moments?.mean), sd: pick(moments?.sd) };
  };
  const scalingOf = sampleScaling(dataset, source.samples, (cohort) => ({
    landmarks: columnScaling({ ...dataset.standardisation, ...momentsOf(cohort, landmarkColumns) }),
    targets: columnScaling({ ...dataset.standardisation, ...momentsOf(cohort, targetColumns) }),
  }));
  const groups = source.samples.fields.get("lf_group");
  const cohorts = cohortRows(source.samples, splitRows);
  const rowsOf = (split: SplitName, cohort?: string): Int32Array =>
    cohort === undefined ? splitRows[split] : (cohorts[split].get(cohort) ?? new Int32Array());
  return {
    directory,
    dataset,
    hash,
    ...roles,
    landmarkMoments: momentsOf("*", landmarkColumns),
    targetMoments: momentsOf("*", targetColumns),
    samples: source.samples,
    landmarkColumns,
    targetColumns,
    scalingOf,
    rowsOf,
    cohortsOf: (split) => [...cohorts[split].keys()],
    sampleCount: (split, cohort) => rowsOf(split, cohort).length,
    rawRows: (range) => source.blocks(range),
    groupOf: groups && source.samples.ids.map((_, sample) => cellText(groups, sample)),
    blocks: ({ split, cohort, units, blockRows = 1024, signal }) =>
      datasetBlocks(source, {
        samples: rowsOf(split, cohort),
        landmarkColumns,
        targetColumns,
        blockRows,
        scalingOf: units === "z" ? scalingOf : undefined,
        signal,
      }),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** The scaling of each sample: its cohort's where standardised by cohort, else the one of all. */
function sampleScaling(
  { standardisation }: ExpressionDataset,
  samples: Axis,
  scalingOfCohort: (cohort: string) => RoleScaling,
): (sample: number) => RoleScaling {
  const made = new Map<string, RoleScaling>();
  const scaling = (cohort: string): RoleScaling => {
    const known = made.get(cohort) ?? scalingOfCohort(cohort);
    made.set(cohort, known);
    return known;
  };
  if (standardisation.fittedOn !== "cohort") return () => scaling("*");
  const cohorts = samples.fields.get("lf_cohort");
  return (sample) => scaling(cellText(cohorts, sample));
}

function rowsBySplit(samples: Axis): Record<SplitName, Int32Array> {
  const names = samples.fields.get("lf_split");
  const rowsOf = (split: SplitName): Int32Array =>
    Int32Array.from([...samples.ids.keys()].filter((sample) => names?.[sample] === split));
  return { train: rowsOf("train"), validation: rowsOf("validation"), test: rowsOf("test") };
}

/** Samples of every split by cohort, each list ascending. */
function cohortRows(
  samples: Axis,
  splitRows: Record<SplitName, Int32Array>,
): Record<SplitName, ReadonlyMap<string, Int32Array>> {
  const cohorts = samples.fields.get("lf_cohort");
  const byCohort = (rows: Int32Array): Map<string, Int32Array> => {
    const lists = new Map<string, number[]>();
    for (const sample of rows) {
      const cohort = cellText(cohorts, sample);
      const list = lists.get(cohort);
      if (list === undefined) lists.set(cohort, [sample]);
      else list.push(sample);
    }
    return new Map([...lists].map(([cohort, list]) => [cohort, Int32Array.from(list)]));
  };
  return {
    train: byCohort(splitRows.train),
    validation: byCohort(splitRows.validation),
    test: byCohort(splitRows.test),
  };
}

interface Agreement {
  readonly dataset: ExpressionDataset;
  readonly source: ExpressionSource;
  readonly roles: GeneRoles;
  readonly splitRows: Record<SplitName, Int32Array>;
}

/** Collects every figure in which the two files differ. */
function checkAgreement(directory: string, { dataset, source, roles, splitRows }: Agreement): void {
  const compared: [name: string, expected: number, got: number][] = [
    ["samples", dataset.samples, source.samples.ids.length],
    ["genes", dataset.genes, source.genes.ids.length],
    ["landmarks", dataset.landmarks, roles.landmarks.length],
    ["targets", dataset.targets, roles.targets.length],
    ...splitNames.map((s): [string, number, number] => [`${s} samples`, dataset.counts[s], splitRows[s].length]),
  ];
  for (const { cohort, mean, sd } of dataset.standardisation.moments)
    compared.push(
      [`means of ${cohort}`, mean.length, source.genes.ids.length],
      [`sds of ${cohort}`, sd.length, mean.length],
    );
  const problems = compared.flatMap(([name, expected, got]) =>
    expected === got
      ? []
      : [`${name}: ${expected} in ${datasetFiles.description}, ${got} in ${datasetFiles.expression}`],
  );
  const cohorts = dataset.standardisation.moments.map(({ cohort }) => cohort);
  const needed = dataset.standardisation.fittedOn === "cohort" ? dataset.sources.map(({ cohort }) => cohort) : [];
  for (const cohort of ["*", ...needed]) if (!cohorts.includes(cohort)) problems.push(`no moments of ${cohort}`);
  if (problems.length === 0) return;
  throw new AppError("bad-data", {
    what: `${datasetFiles.description} and ${datasetFiles.expression} do not belong together`,
    where: basename(directory),
    examples: problems,
    advice: "Prepare the dataset again",
  });
}
