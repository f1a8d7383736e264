import type { ExpressionSource } from "../source.ts";
import { type ColumnScaling, standardise } from "./standardise.ts";

/** Rows of one split; the arrays belong to the receiver. */
export interface DatasetBlock {
  readonly rows: number;
  /** Which samples of the dataset these are, ascending, `[rows]`. */
  readonly sampleIndices: Int32Array;
  /** `[rows, landmarks]` */
  readonly landmarks: Float32Array;
  /** `[rows, targets]` */
  readonly targets: Float32Array;
}

/** How landmarks and targets become z scores. */
export interface RoleScaling {
  readonly landmarks: ColumnScaling;
  readonly targets: ColumnScaling;
}

/** Which cells of an expression file make up the blocks. */
export interface BlockPlan {
  /** Samples to read, ascending. */
  readonly samples: Int32Array;
  /** Columns of the file that are landmarks, `[landmarks]`. */
  readonly landmarkColumns: Int32Array;
  /** Columns of the file that are targets, `[targets]`. */
  readonly targetColumns: Int32Array;
  /** Rows of every block but the last. */
  readonly blockRows: number;
  /** The scaling of a sample, the same object for samples that share it; absent: native units. */
  readonly scalingOf?: ((sample: number) => RoleScaling) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the file once, in order, and yields the planned samples in blocks of exactly `blockRows` rows, the last one
 * shorter. Holds one block of the file and one of the result.
 * @throws AppError as the source does; `cancelled` when `signal` is aborted.
 */
export async function* datasetBlocks(source: ExpressionSource, plan: BlockPlan): AsyncGenerator<DatasetBlock> {
  const { samples, landmarkColumns, targetColumns, blockRows, signal } = plan;
  const genes = source.genes.ids.length;
  const start = samples[0];
  const last = samples.at(-1);
  if (start === undefined || last === undefined) return;
  let next = 0;
  let block = emptyBlock(plan, Math.min(blockRows, samples.length));
  let filled = 0;
  const range = { start, end: last + 1, blockRows, ...(signal === undefined ? {} : { signal }) };
  for await (const read of source.blocks(range)) {
    for (; (samples[next] ?? Number.POSITIVE_INFINITY) < read.start + read.rows; next += 1) {
      const sample = samples[next] as number;
      const row = read.values.subarray((sample - read.start) * genes, (sample - read.start + 1) * genes);
      copyColumns(row, landmarkColumns, rowOf(block.landmarks, landmarkColumns, filled));
      copyColumns(row, targetColumns, rowOf(block.targets, targetColumns, filled));
      block.sampleIndices[filled] = sample;
      filled += 1;
      if (filled < block.rows) continue;
      scaleBlock(block, plan);
      yield block;
      block = emptyBlock(plan, Math.min(blockRows, samples.length - next - 1));
      filled = 0;
    }
  }
}

function emptyBlock({ landmarkColumns, targetColumns }: BlockPlan, rows: number): DatasetBlock {
  return {
    rows,
    sampleIndices: new Int32Array(rows),
    landmarks: new Float32Array(rows * landmarkColumns.length),
    targets: new Float32Array(rows * targetColumns.length),
  };
}

/** Fills one row of a role, `[columns]`, from a sample's genes. */
function copyColumns(from: Float32Array, columns: Int32Array, to: Float32Array): void {
  for (let index = 0; index < columns.length; index += 1) to[index] = from[columns[index] as number] as number;
}

function rowOf(values: Float32Array, columns: Int32Array, row: number): Float32Array {
  return values.subarray(row * columns.length, (row + 1) * columns.length);
}

/** Standardises runs of rows that share a scaling. */
function scaleBlock(block: DatasetBlock, { scalingOf, landmarkColumns, targetColumns }: BlockPlan): void {
  if (scalingOf === undefined) return;
  let start = 0;
  while (start < block.rows) {
    const scaling = scalingOf(block.sampleIndices[start] ?? 0);
    let end = start + 1;
    while (end < block.rows && scalingOf(block.sampleIndices[end] ?? 0) === scaling) end += 1;
    const rowsOf = (values: Float32Array, columns: number): Float32Array =>
      values.subarray(start * columns, end * columns);
    standardise(rowsOf(block.landmarks, landmarkColumns.length), scaling.landmarks);
    standardise(rowsOf(block.targets, targetColumns.length), scaling.targets);
    start = end;
  }
}
