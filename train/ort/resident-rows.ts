import { totalmem } from "node:os";
import { AppError } from "../../schemas/errors.ts";
import type { SplitName, TrainingContext, TrainingData } from "../standardised.ts";

/** A split in z units in memory that threads share: `x` `[rows, L]`, `y` `[rows, T]`. */
export interface ResidentRows {
  readonly rows: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

const shared = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;

/** Share of the machine's (or the container's) memory that training rows may take; weights and ORT need the rest. */
const residentShare = 0.6;

/** Bytes that {@link requireResident} allows by default. */
export function residentLimit(): number {
  const limit = process.constrainedMemory();
  // Node gives 0, or a number past any machine's memory, where no container sets a limit.
  return residentShare * (limit !== undefined && limit > 0 ? Math.min(limit, totalmem()) : totalmem());
}

/**
 * Refuses to start a training whose rows would not fit in memory.
 * @throws AppError `unavailable` naming what is needed and what there is.
 */
export function requireResident(data: TrainingData, limitBytes: number): void {
  const rows = data.count("train") + data.count("validation");
  const bytes = 4 * rows * (data.landmarks + data.targets);
  if (bytes <= limitBytes) return;
  throw new AppError("unavailable", {
    what: "the training and validation rows do not fit in memory",
    expected: `at most ${gigabytes(limitBytes)}`,
    got: `${rows} profiles × ${data.landmarks + data.targets} genes = ${gigabytes(bytes)}`,
    advice: "Train on a machine with more memory, or prepare a dataset with fewer targets or samples",
  });
}

/**
 * Reads a split into shared memory, in the order of its blocks.
 * @throws AppError `cancelled` when the signal is aborted, and as the dataset does.
 */
export async function residentRows(
  data: TrainingData,
  split: SplitName,
  { onProgress, signal }: TrainingContext,
): Promise<ResidentRows> {
  const rows = data.count(split);
  const x = shared(rows * data.landmarks);
  const y = shared(rows * data.targets);
  let done = 0;
  for await (const block of data.blocks(split)) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "training was stopped", advice: "Run it again" });
    x.set(block.landmarks, done * data.landmarks);
    y.set(block.targets, done * data.targets);
    done += block.rows;
    onProgress({ phase: `read ${split}`, done, total: rows, unit: "profiles" });
  }
  return { rows, x, y };
}

/** Copies rows `indices` of a split into the start of `x` and `y`. */
export function gatherRows(
  from: ResidentRows,
  indices: ArrayLike<number>,
  { x, y }: { readonly x: Float32Array; readonly y: Float32Array },
): void {
  const [l, t] = [from.x.length / from.rows, from.y.length / from.rows];
  for (let at = 0; at < indices.length; at++) {
    const row = indices[at] ?? 0;
    x.set(from.x.subarray(row * l, (row + 1) * l), at * l);
    y.set(from.y.subarray(row * t, (row + 1) * t), at * t);
  }
}
