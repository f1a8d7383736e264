import { averageRanks } from "./rank.ts";

/** Rows of a matrix `[items, length]`. */
export interface RowMatrix {
  readonly values: Float32Array;
  readonly items: number;
  readonly length: number;
}

/**
 * Replaces each row by its average ranks, centred and scaled to length 1, so that the dot product of two rows is
 * Spearman's rho. NaN cells become 0, the middle rank; a row that does not vary becomes all 0.
 * @returns 1 where the row varies, `[items]`
 */
export function rankRows({ values, items, length }: RowMatrix): Uint8Array {
  const varies = new Uint8Array(items);
  for (let item = 0; item < items; item++) {
    const row = values.subarray(item * length, (item + 1) * length);
    const present = row.filter((value) => !Number.isNaN(value));
    const ranks = averageRanks(present);
    const middle = (present.length + 1) / 2;
    let squares = 0;
    for (const rank of ranks) squares += (rank - middle) ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    varies[item] = squares > 0 ? 1 : 0;
    for (let i = 0, next = 0; i < length; i++) row[i] = Number.isNaN(row[i]!) ? 0 : (ranks[next++]! - middle) * scale;
  }
  return varies;
}
