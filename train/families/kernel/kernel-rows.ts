import { Random } from "../../../data/random.ts";
import { AppError } from "../../../schemas/errors.ts";
import type { SplitName, TrainingData } from "../../standardised.ts";

/** Rows held in memory, z units. */
export interface HeldRows {
  readonly count: number;
  /** `[count, L]` */
  readonly x: Float32Array;
  /** `[count, T]` */
  readonly y: Float32Array;
}

/** Which rows of a split are kept. */
export interface RowChoice {
  readonly split: SplitName;
  readonly cohort?: string | undefined;
  /** Positions among the split's rows, ascending. */
  readonly positions: Int32Array;
}

/** Splits the numbers below `total` at random into lists of at most these sizes, each ascending. */
export function drawnPositions(total: number, sizes: readonly number[], seed: number): Int32Array[] {
  const order = Int32Array.from({ length: total }, (_, i) => i);
  if (total > (sizes[0] ?? 0)) new Random(seed).shuffle(order);
  let start = 0;
  return sizes.map((size) => order.subarray(start, (start += size)).toSorted());
}

/** Reads the rows of a choice. @throws AppError `cancelled` as the data does. */
export async function readRows(data: TrainingData, { split, cohort, positions }: RowChoice): Promise<HeldRows> {
  const { landmarks: l, targets: t } = data;
  const count = positions.length;
  const [x, y] = [new Float32Array(count * l), new Float32Array(count * t)];
  let [first, next] = [0, 0];
  for await (const block of data.blocks(split, cohort)) {
    for (; next < count && (positions[next] ?? 0) < first + block.rows; next++) {
      const row = (positions[next] ?? 0) - first;
      x.set(block.landmarks.subarray(row * l, (row + 1) * l), next * l);
      y.set(block.targets.subarray(row * t, (row + 1) * t), next * t);
    }
    first += block.rows;
  }
  if (next < count) throw new AppError("internal", { what: "a split has fewer rows than it says", where: split });
  return { count, x, y };
}

/** Bytes that a fit with that many centres takes at most, above what the process holds. */
export function kernelBytes(sizes: {
  readonly centres: number;
  readonly held: number;
  readonly landmarks: number;
  readonly targets: number;
}): number {
  const { centres: n, held: v, landmarks: l, targets: t } = sizes;
  // Rows, in float64 where they are compared; factors with their temporaries; two fits' coefficients and predictions,
  // then the layers' weights; ridge's weights with a copy; and the parts of a list of targets.
  const rows = 4 * (n + v) * (l + t) + 3 * 8 * (n + v) * l;
  const factors = 8 * 8 * n * (n + v);
  const fits = 3 * 4 * (n + v) * t + 4 * 4 * l * t;
  return rows + factors + fits + 10 * 8 * n * Math.min(t, listLength);
}

/** Targets that are fitted at once. */
export const listLength = 1024;
