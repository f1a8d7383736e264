import { type Distances, type Points, pointsOf } from "./distances.ts";
import type { RandomNumbers } from "./random-numbers.ts";

interface Start {
  readonly clusters: number;
  readonly distances: Distances;
  readonly random: RandomNumbers;
}

/**
 * First centres `[clusters, columns]`, rows of the sample far from each other: k-means++ (Arthur and Vassilvitskii
 * 2007), each chosen with a probability proportional to its squared distance from those before, greedily the best of
 * 2 + ⌊ln clusters⌋ draws, as scikit-learn does.
 */
export async function plusPlusCentres(sample: Points, { clusters, distances, random }: Start): Promise<Float32Array> {
  const { rows, columns } = sample;
  const centres = new Float32Array(clusters * columns);
  const trials = 2 + Math.floor(Math.log(clusters));
  const first = random.integer(rows);
  centres.set(rowOf(sample, first));
  const least = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  // The sample first: ONNX Runtime copies the second factor into panels, and this one is hundreds of megabytes.
  lower(least, { squared: await distances.all(sample, picked(sample, [first])), trials: 1, trial: 0 });
  for (let cluster = 1; cluster < clusters; cluster++) {
    const drawn = Array.from({ length: trials }, () => draw(least, random.uniform()));
    const squared = await distances.all(sample, picked(sample, drawn));
    const potentials = drawn.map((_, trial) => potential(least, { squared, trials, trial }));
    const best = potentials.indexOf(Math.min(...potentials));
    lower(least, { squared, trials, trial: best });
    centres.set(rowOf(sample, drawn[best] ?? 0), cluster * columns);
  }
  return centres;
}

/** One column of squared distances `[rows, trials]`. */
interface Trial {
  readonly squared: Float32Array;
  readonly trials: number;
  readonly trial: number;
}

function rowOf({ values, columns }: Points, row: number): Float32Array {
  return values.subarray(row * columns, (row + 1) * columns);
}

function picked(sample: Points, rows: readonly number[]): Points {
  const values = new Float32Array(rows.length * sample.columns);
  for (const [at, row] of rows.entries()) values.set(rowOf(sample, row), at * sample.columns);
  return pointsOf(values, sample.columns);
}

/** The row at `share` of the sum of `weights`; the first when all are 0 (fewer different rows than centres). */
function draw(weights: Float64Array, share: number): number {
  let left = share * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [row, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return row;
  }
  return Math.max(
    0,
    weights.findLastIndex((weight) => weight > 0),
  );
}

/** What the least squared distances add up to with a further centre. */
function potential(least: Float64Array, { squared, trials, trial }: Trial): number {
  let sum = 0;
  for (let row = 0; row < least.length; row++)
    sum += Math.min(least[row] as number, Math.max(0, squared[row * trials + trial] as number));
  return sum;
}

function lower(least: Float64Array, { squared, trials, trial }: Trial): void {
  for (let row = 0; row < least.length; row++)
    least[row] = Math.min(least[row] as number, Math.max(0, squared[row * trials + trial] as number));
}
