import { join } from "node:path";
import type { RoleScaling } from "../../data/dataset/blocks.ts";
import type { ColumnScaling } from "../../data/dataset/standardise.ts";
import { datasetFiles, type OpenDataset, openDataset } from "../../data/node/dataset.ts";
import { AppError } from "../../schemas/errors.ts";
import type { SplitName } from "../standardised.ts";
import { contiguousMatrix } from "./contiguous-matrix.ts";
import { keepRows } from "./kept-rows.ts";
import { libraryRows, positionalRows, type RawRows } from "./raw-rows.ts";
import { RowScaler, type ZRows } from "./row-scaler.ts";
import { type RowPlan, type RowReader, RowStream } from "./row-stream.ts";

/** Rows of a dataset in z units, by number and in any order: what a training in steps draws its batches from. */
export interface RowStore extends AsyncDisposable {
  readonly landmarks: number;
  /** Targets in use. */
  readonly targets: number;
  /** Samples of a split, of one cohort or of all, ascending; none where the cohort has none in it. */
  rowsOf(split: SplitName, cohort?: string): Int32Array;
  /** Cohorts with samples in a split, in the order of their first sample. */
  cohortsOf(split: SplitName): readonly string[];
  /**
   * Fills the start of `x` `[rows, L]` and `y` `[rows, T]` with samples `rows`, bit for bit what
   * `OpenDataset.blocks` gives in z units. Reads are served one after another; the first 64 MiB of one are under way
   * when the call returns, so that a run of the model meanwhile costs nothing.
   * @throws AppError `bad-data` when the file ends early, `internal` for a row or a buffer out of range.
   */
  read(rows: Int32Array, into: ZRows): Promise<void>;
}

export interface RowStoreOptions {
  /** Which targets, as positions in the dataset's list, in any order; absent: all. */
  readonly targets?: Int32Array;
  /** The rows are kept in memory when all of them take at most this, 1 GiB unless told; streamed otherwise. */
  readonly residentBytes?: number;
}

/**
 * Opens the rows of a dataset directory, in any thread: nothing is shared with other stores, nothing is locked or
 * written. Memory: the rows where they fit in `residentBytes`, else 64 MiB, beside the samples' metadata.
 * @throws AppError as `openDataset`, and `internal` for a target out of range.
 */
export async function openRowStore(directory: string, options: RowStoreOptions = {}): Promise<RowStore> {
  const { residentBytes = 2 ** 30 } = options;
  const dataset = await openDataset(directory);
  let raw: RawRows | undefined;
  try {
    const targets = options.targets ?? Int32Array.from(dataset.targets.keys());
    const width = dataset.landmarks.length + targets.length;
    raw = await rawRows(dataset);
    const stream = new RowStream(raw, planRows(dataset, targets));
    if (4 * dataset.dataset.samples * width > residentBytes) return storeOf(dataset, stream, targets.length);
    const { samples } = dataset.dataset;
    const kept = await keepRows(stream, { samples, landmarks: dataset.landmarks.length, targets: targets.length });
    await raw[Symbol.asyncDispose]();
    return storeOf(dataset, kept, targets.length);
  } catch (error) {
    await (raw ?? dataset)[Symbol.asyncDispose]();
    throw error;
  }
}

/** Rows that lie contiguous are read by position, and the library's file is closed; otherwise the library reads. */
async function rawRows(dataset: OpenDataset): Promise<RawRows> {
  const { samples, genes } = dataset.dataset;
  const path = join(dataset.directory, datasetFiles.expression);
  const offset = await contiguousMatrix(path, { samples, genes });
  if (offset === undefined) return libraryRows(dataset);
  const raw = await positionalRows({ path, genes, offset });
  await dataset[Symbol.asyncDispose]();
  return raw;
}

function storeOf(dataset: OpenDataset, reader: RowReader, targets: number): RowStore {
  const { landmarks } = dataset;
  const { samples } = dataset.dataset;
  return {
    landmarks: landmarks.length,
    targets,
    rowsOf: (split, cohort) => dataset.rowsOf(split, cohort),
    cohortsOf: (split) => dataset.cohortsOf(split),
    read: async (rows, into) => {
      checkRows(rows, samples);
      for (const [name, width] of [
        ["x", landmarks.length],
        ["y", targets],
      ] as const)
        if (into[name].length < rows.length * width)
          throw new AppError("internal", {
            what: `a buffer is too small for its rows: ${name}`,
            expected: `${rows.length} × ${width} values`,
            got: String(into[name].length),
          });
      await reader.read(rows, into);
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

function checkRows(rows: Int32Array, samples: number): void {
  const outside = rows.find((row) => row < 0 || row >= samples);
  if (outside === undefined) return;
  throw new AppError("internal", { what: "there is no such row", expected: `0 to ${samples - 1}`, got: `${outside}` });
}

function planRows(dataset: OpenDataset, targets: Int32Array): RowPlan {
  const { landmarkColumns } = dataset;
  const outside = targets.find((target) => target < 0 || target >= dataset.targets.length);
  if (outside !== undefined)
    throw new AppError("internal", {
      what: "there is no such target",
      expected: `0 to ${dataset.targets.length - 1}`,
      got: String(outside),
    });
  const { samples, genes } = dataset.dataset;
  const found = new Map<RoleScaling, number>();
  const scalingOf = new Uint16Array(samples);
  for (let sample = 0; sample < samples; sample += 1) {
    const scaling = dataset.scalingOf(sample);
    if (!found.has(scaling)) found.set(scaling, found.size);
    scalingOf[sample] = found.get(scaling) ?? 0;
  }
  const scalings = [...found.keys()].map((scaling) => ({
    landmarks: scaling.landmarks,
    targets: someColumns(scaling.targets, targets),
  }));
  const targetColumns = targets.map((target) => dataset.targetColumns[target] ?? 0);
  const scaler = new RowScaler({ genes, landmarkColumns, targetColumns, scalings, maxRows: samples });
  return { scaler, scalingOf };
}

function someColumns({ mean, spread, clip }: ColumnScaling, columns: Int32Array): ColumnScaling {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(columns, (c) => values[c] ?? Number.NaN);
  return { mean: pick(mean), spread: pick(spread), clip };
}
