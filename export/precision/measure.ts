import { joinedArrays } from "../../data/joined-arrays.ts";
import type { SessionHost } from "../../runtime/session.ts";
import type { Inverse } from "../fold-inverse.ts";

/** Rows to compare on. */
export interface ComparedRows {
  /** Native `[rows, L]`. */
  readonly landmarks: Float32Array;
  readonly landmarkCount: number;
  /** z units `[rows, T]`, NaN = not known; absent: there is no truth. */
  readonly truth?: Float32Array;
}

/** What a variant's results are beside those of the reference, in z units. */
export interface Change {
  readonly rows: number;
  readonly mae?: { readonly fp32: number; readonly variant: number };
  /** Mean |variant − reference|. */
  readonly meanDifference: number;
  /** Largest |variant − reference| / (1 + |reference|). */
  readonly maxRelative: number;
}

/** Profiles a run: two results of 21,290 genes are 11 MB. */
const blockRows = 64;

/** Results of the reference for all rows, z units `[rows, T]`; kept while several variants are compared with it. */
export async function referenceTargets(
  session: SessionHost,
  rows: ComparedRows,
  inverse: Inverse,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for await (const { targets } of targetBlocks(session, rows, inverse)) parts.push(targets);
  return joinedArrays(parts, Float32Array);
}

/** Compares a session with the reference's results for the same rows. */
export async function measureChange(
  session: SessionHost,
  { rows, reference, inverse }: { rows: ComparedRows; reference: Float32Array; inverse: Inverse },
): Promise<Change> {
  let [sum, most, known, variantError, fp32Error] = [0, 0, 0, 0, 0];
  for await (const { start, targets } of targetBlocks(session, rows, inverse))
    for (let i = 0; i < targets.length; i++) {
      const [value, expected] = [targets[i] as number, reference[start + i] as number];
      const difference = Math.abs(value - expected);
      sum += difference;
      // A NaN must not slip through a comparison that is false for it.
      const relative = difference / (1 + Math.abs(expected));
      if (!(relative <= most)) most = Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
      const truth = rows.truth?.[start + i] ?? Number.NaN;
      if (Number.isNaN(truth)) continue;
      known += 1;
      variantError += Math.abs(value - truth);
      fp32Error += Math.abs(expected - truth);
    }
  return {
    rows: rows.landmarks.length / rows.landmarkCount,
    ...(known > 0 && { mae: { fp32: fp32Error / known, variant: variantError / known } }),
    meanDifference: sum / Math.max(1, reference.length),
    maxRelative: most,
  };
}

/** Targets in z units, block by block; `start` counts cells. */
async function* targetBlocks(
  session: SessionHost,
  { landmarks, landmarkCount }: ComparedRows,
  { scale, offset }: Inverse,
): AsyncGenerator<{ readonly start: number; readonly targets: Float32Array }> {
  const width = offset.length;
  const count = landmarks.length / landmarkCount;
  for (let start = 0; start < count; start += blockRows) {
    const end = Math.min(count, start + blockRows);
    const data = landmarks.slice(start * landmarkCount, end * landmarkCount);
    const feeds = { landmarks: { type: "float32", dims: [end - start, landmarkCount], data } } as const;
    const { targets } = await session.run(feeds, { fetch: ["targets"] });
    const z = new Float32Array((end - start) * width);
    for (let at = 0; at < z.length; at++) {
      const t = at % width;
      z[at] = (Number(targets?.data[at]) - (offset[t] as number)) / (scale[t] as number);
    }
    yield { start: start * width, targets: z };
  }
}
