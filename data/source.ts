/**
 * The contract of every expression file: two axes and blocks of rows. Matrices are `[samples, genes]`,
 * row-major float32, NaN = missing, whatever the file's own order is.
 * @module
 */
import type { MatrixFormat } from "../schemas/index.ts";

/** One metadata column: text ("" = missing) or numbers (NaN = missing). */
export type MetaColumn = readonly string[] | Float64Array;

/** Ids of one axis with its metadata columns, each as long as `ids`. */
export interface Axis {
  readonly ids: readonly string[];
  readonly fields: ReadonlyMap<string, MetaColumn>;
}

/** Rows `[start, start + rows)` of a matrix: `values` is `[rows, genes]` and belongs to the receiver. */
export interface Block {
  readonly start: number;
  readonly rows: number;
  readonly values: Float32Array;
}

/** Which rows to read, `[start, end)`, and how many at a time. */
export interface BlockRange {
  readonly start?: number;
  readonly end?: number;
  /** Rows a block; the reader may lower it so that a block stays ≤ 64 MiB. */
  readonly blockRows?: number;
  readonly signal?: AbortSignal;
}

/** An open expression file. */
export interface ExpressionSource extends AsyncDisposable {
  readonly format: MatrixFormat;
  /** The file's base name: what messages and provenance call it. */
  readonly label: string;
  readonly genes: Axis;
  readonly samples: Axis;
  /** Things worth telling that do not stop the reading (missing `version`, a spreadsheet-mangled id, …). */
  readonly warnings: readonly string[];
  /** What the file says of itself as a whole: the model that inferred it, how its values were rounded, … */
  readonly attributes?: Readonly<Record<string, string>>;
  /**
   * Rows in order, each exactly once.
   * @throws AppError `bad-data` when the file ends early or a cell is not a number (line and column named).
   */
  blocks(range?: BlockRange): AsyncIterable<Block>;
}

/** Bytes of a file, wherever it lies (disk, a browser's File, memory). */
export interface ByteSource {
  readonly label: string;
  readonly bytes: number;
  /** The bytes `[start, end)`; fewer only at the end of the file. */
  slice(start: number, end: number): Promise<Uint8Array>;
  /** The bytes in order, in pieces. */
  stream(): AsyncIterable<Uint8Array>;
}
