import { averageRanks } from "./rank.ts";

/** Rows of a matrix `[items, length]`. */
export interface RowMatrix {
  readonly values: Float32Array;
  readonly items: number;
  readonly length: number;
}

/** Normalised rank rows of items (genes or samples), with the rows that vary marked, `[items]`. */
export interface RankedItems extends RowMatrix {
  readonly varies: Uint8Array;
}

/**
 * Replaces each row by its average ranks, centred and scaled to length 1, so that the dot product of two rows is
 * Spearman's rho. NaN cells become 0, the middle rank; a row that does not vary becomes all 0. The values are the
 * argument's own, written over.
 */
export function rankRows(matrix: RowMatrix): RankedItems {
  const varies = Uint8Array.from({ length: matrix.items }, (_, item) => {
    const row = rowOf(matrix, item);
    return writeRanks(row, averageRanks(row.filter((value) => !Number.isNaN(value))));
  });
  return { ...matrix, varies };
}

/** Row `item` of a matrix: a view of it. */
export function rowOf({ values, length }: RowMatrix, item: number): Float32Array {
  return values.subarray(item * length, (item + 1) * length);
}

/**
 * {@link rankRows} of one row whose cells that are not NaN have these average ranks, in order.
 * @returns 1 where the row varies, 0 where not
 */
export function writeRanks(row: Float32Array, ranks: Float64Array): 0 | 1 {
  const middle = (ranks.length + 1) / 2;
  let squares = 0;
  for (const rank of ranks) squares += (rank - middle) ** 2;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let i = 0, next = 0; i < row.length; i++) row[i] = Number.isNaN(row[i]!) ? 0 : (ranks[next++]! - middle) * scale;
  return squares > 0 ? 1 : 0;
}
