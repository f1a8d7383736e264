import { Random } from "../../data/random.ts";
import type { GeneTransform, OodModel } from "../../schemas/index.ts";

/** What rows are drawn from. */
export interface RowSource {
  readonly transform: GeneTransform;
  readonly ood: OodModel;
  /** `[components, L]`. */
  readonly components: Float32Array;
}

/** A row in z units by landmark index. */
type Pattern = (i: number) => number;

/** Where rows go when the transform does not clip: far outside of any data. */
const unclippedExtreme = 30;

/** The native values of one pattern: x = mean + z·(sd + ε), as float32 `[L]`. */
function nativeRow({ landmarks, epsilon }: GeneTransform, z: Pattern): Float32Array {
  return Float32Array.from(landmarks.mean, (mean, i) => mean + z(i) * ((landmarks.sd[i] ?? 0) + epsilon));
}

/**
 * A profile like those of the training set: drawn from the probabilistic PCA that the score for being out of
 * distribution is made of, z = Cᵀ·(√λ·g) + σ·(noise).
 */
function typicalRow({ transform, ood, components }: RowSource, random: Random): Float32Array {
  const l = transform.landmarks.mean.length;
  const noise = Math.sqrt(ood.residualVariance);
  const z = Float64Array.from({ length: l }, () => noise * random.normal());
  for (const [c, variance] of ood.variances.entries()) {
    const along = Math.sqrt(variance) * random.normal();
    for (let i = 0; i < l; i++) z[i] = (z[i] as number) + along * (components[c * l + i] as number);
  }
  return nativeRow(transform, (i) => z[i] ?? 0);
}

function concatenated(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) all.set(row, i * width);
  return all;
}

/**
 * Rows to compare on, native `[rows, L]`: extreme ones (the mean, all at ±clip, random signs at the clip's edge, far
 * beyond it), independent normal ones, and ones like the training set's.
 */
export function parityRows(source: RowSource, seed = 1): Float32Array {
  const random = new Random(seed);
  const { transform } = source;
  const edge = transform.clip ?? unclippedExtreme;
  const sign = (): number => (random.bits() & 1 ? 1 : -1);
  const patterns: Pattern[] = [() => 0, () => edge, () => -edge, () => 10 * edge, () => -10 * edge];
  for (let r = 0; r < 4; r++) patterns.push(() => sign() * edge);
  for (let r = 0; r < 4; r++) patterns.push(() => sign() * 10 * edge);
  for (let r = 0; r < 24; r++) patterns.push(() => random.normal());
  const rows = patterns.map((pattern) => nativeRow(transform, pattern));
  for (let r = 0; r < 33; r++) rows.push(typicalRow(source, random));
  return concatenated(rows);
}

/** Rows like those of the training set alone, native `[count, L]`. */
export function typicalRows(source: RowSource, count: number, seed = 3): Float32Array {
  const random = new Random(seed);
  return concatenated(Array.from({ length: count }, () => typicalRow(source, random)));
}

/** Rows of the golden vectors, native `[rows][L]`: the mean, mean ± sd in seeded patterns, and typical profiles. */
export function goldenRows(source: RowSource, seed = 2): Float32Array[] {
  const random = new Random(seed);
  const sign = (): number => (random.bits() & 1 ? 1 : -1);
  return [
    nativeRow(source.transform, () => 0),
    nativeRow(source.transform, sign),
    nativeRow(source.transform, sign),
    typicalRow(source, random),
    typicalRow(source, random),
    typicalRow(source, random),
  ];
}

/**
 * z landmarks `[rows, L]` of native ones, computed in float64 from the float32 values and the means as the graph holds
 * them (float32), rounded once.
 */
export function standardised(native: Float32Array, { landmarks, epsilon, clip }: GeneTransform): Float32Array {
  const l = landmarks.mean.length;
  const limit = clip ?? Number.POSITIVE_INFINITY;
  return native.map((x, cell) => {
    const i = cell % l;
    const z = (x - Math.fround(landmarks.mean[i] ?? 0)) / ((landmarks.sd[i] ?? 0) + epsilon);
    return Math.max(-limit, Math.min(limit, z));
  });
}
