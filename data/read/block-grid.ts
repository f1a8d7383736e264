/**
 * Which rows a reader hands out, and how many at a time.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { BlockRange } from "../source.ts";

/** A block's values never take more than this. */
export const blockBytesLimit = 64 * 2 ** 20;

/** Rows a block when the caller names no number: 4 MB of landmarks, 90 MB (hence lowered) of 22,000 genes. */
const defaultBlockRows = 1024;

/** Rows `[start, end)` in steps of `blockRows`; the last block may be shorter. */
export interface BlockGrid {
  readonly start: number;
  readonly end: number;
  readonly blockRows: number;
}

/**
 * The blocks of `range` for a matrix `[samples, genes]`: whole rows, at most {@link blockBytesLimit} of float32 each
 * (one row at least). It depends on the range and the shape alone, so any reader of the same matrix has the same grid.
 * @throws AppError `usage` when the range lies outside the matrix
 */
export function blockGrid(range: BlockRange, shape: { readonly samples: number; readonly genes: number }): BlockGrid {
  const { samples, genes } = shape;
  const { start = 0, end = samples, blockRows = defaultBlockRows } = range;
  const rowsAreWhole = Number.isInteger(start) && Number.isInteger(end) && Number.isInteger(blockRows);
  if (!rowsAreWhole || start < 0 || start > end || end > samples || blockRows < 1) {
    throw new AppError("usage", {
      what: "the rows asked for do not exist",
      expected: `whole numbers with 0 ≤ start ≤ end ≤ ${samples} and blockRows ≥ 1`,
      got: `start ${start}, end ${end}, blockRows ${blockRows}`,
    });
  }
  const rowsInLimit = Math.max(1, Math.floor(blockBytesLimit / (4 * Math.max(1, genes))));
  return { start, end, blockRows: Math.min(blockRows, rowsInLimit) };
}
