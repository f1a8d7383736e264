import type { RowPart } from "../write/encode-rows.ts";

/** Values of a reserved column, in the array of its type. */
export type ColumnValues = Float32Array | Float64Array | Int32Array;

/** A block of profiles with what became known about each of them. */
export interface ProfileBlock {
  /** First row of the block. */
  readonly start: number;
  readonly rows: number;
  /** A row of the file is the parts' rows end to end; read until the write is done. */
  readonly parts: readonly RowPart[];
  /** Items of the reserved columns, `[rows]` each. */
  readonly columns: ReadonlyMap<string, ColumnValues>;
}

/** An output in the making, whatever its format. */
export interface ProfileWriter extends AsyncDisposable {
  /** Writes a block; blocks come in any order, each once. @throws AppError `cannot-create`, `bad-data` */
  writeBlock(block: ProfileBlock): Promise<void>;
  /** Waits until everything written is on the disk. @throws AppError `cannot-create` */
  sync(): Promise<void>;
}
