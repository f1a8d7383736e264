import type { InputProfile } from "../../schemas/index.ts";
import { normalIqr, quantileOfSorted, robustSd, sortedColumn, valueAt } from "./quantiles.ts";

/** How far the landmarks of an input lie from the training rows. */
export interface ScaleDistance {
  /** Median over landmarks of |input median − training median|, in robust sds of the landmark's training values. */
  readonly shift: number;
  /** Weighted correlation over landmarks of input and training medians; absent where training medians are all alike. */
  readonly agreement?: number;
  /** Median over landmarks of log2(robust sd of the input / of training); absent for few rows. */
  readonly spread?: number;
  /** Slope of the weighted regression of input medians on training medians: 0.301 for log10 beside log2. */
  readonly slope?: number;
}

/** Landmarks of sampled rows of an input. */
export interface LandmarkRows {
  /** `[rows, landmarks]`, NaN = missing; only read. */
  readonly landmarks: Float32Array;
  readonly rows: number;
}

/** Rows from which the input's own spread says something. */
const rowsForSpread = 20;
/**
 * Landmark medians must differ between genes by as much as a gene differs between samples: with less, a genuine single
 * profile does not agree with them either (expected correlation s/√(s²+1): 0.71 at 1). Log2 compendia have 1.4 to 4.1.
 */
const smallestStructure = 1;
/** Keeps landmarks that hardly vary from taking all the weight, as a share of the medians' sd. */
const weightFloor = 0.1;

/** Per-landmark figures of both sides, of the landmarks that the input has. */
interface Compared {
  readonly input: Float64Array;
  readonly training: Float64Array;
  readonly trainingSd: Float64Array;
  /** log2 ratio of the spreads; NaN where one side does not vary. */
  readonly spread: Float64Array;
}

/** Compares per-landmark medians and spreads of an input with a model's training quantiles. */
export function scaleDistance({ landmarks, rows }: LandmarkRows, profile: InputProfile): ScaleDistance {
  const { input, training, trainingSd, spread } = compare({ landmarks, rows }, profile);
  const shifts = Float64Array.from(input, (x, i) => Math.abs(x - (training[i] as number)) / (trainingSd[i] as number));
  const spreads = spread.filter((ratio) => !Number.isNaN(ratio)).toSorted();
  const floor = weightFloor * sdOf(training);
  const fit = weightedFit({
    x: training,
    y: input,
    weights: trainingSd.map((sd) => 1 / (sd * sd + floor * floor)),
  });
  const structured = sdOf(training) > smallestStructure * quantileOfSorted(trainingSd.toSorted(), 0.5);
  return {
    shift: quantileOfSorted(shifts.toSorted(), 0.5),
    ...(structured ? { agreement: fit.correlation, slope: fit.slope } : {}),
    ...(rows >= rowsForSpread && spreads.length > 0 ? { spread: quantileOfSorted(spreads, 0.5) } : {}),
  };
}

function compare({ landmarks, rows }: LandmarkRows, { quantiles, probabilities }: InputProfile): Compared {
  const columns = quantiles.length;
  const input: number[] = [];
  const training: number[] = [];
  const trainingSd: number[] = [];
  const spread: number[] = [];
  const at = [0.05, 0.25, 0.5, 0.75, 0.95].map((probability) => positionOf(probability, probabilities));
  for (let column = 0; column < columns; column += 1) {
    const sorted = sortedColumn({ values: landmarks, rows, columns, column });
    if (sorted.length === 0) continue;
    const known = quantiles[column] ?? [];
    const [q05 = 0, q25 = 0, q50 = 0, q75 = 0, q95 = 0] = at.map((position) => valueAt(known, position));
    // The wider of two robust estimates: a gene that is silent in most samples has no interquartile range.
    const sd = Math.max((q75 - q25) / normalIqr, (q95 - q05) / 3.29) + 1e-3;
    input.push(quantileOfSorted(sorted, 0.5));
    training.push(q50);
    trainingSd.push(sd);
    const inputSd = robustSd(sorted);
    spread.push(inputSd > 0 ? Math.log2(inputSd / sd) : Number.NaN);
  }
  return {
    input: Float64Array.from(input),
    training: Float64Array.from(training),
    trainingSd: Float64Array.from(trainingSd),
    spread: Float64Array.from(spread),
  };
}

/** Fractional index at which `probabilities` reach `probability`; clamped to the ends. */
function positionOf(probability: number, probabilities: readonly number[]): number {
  const above = probabilities.findIndex((p) => p >= probability);
  if (above === 0) return 0;
  if (above < 0) return probabilities.length - 1;
  const high = probabilities[above] ?? 1;
  const low = probabilities[above - 1] ?? 0;
  return above - (high - probability) / (high - low);
}

/** Correlation and slope of the weighted least-squares line y = a + slope·x; correlation 0 where a side is constant. */
function weightedFit({
  x,
  y,
  weights,
}: {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly weights: Float64Array;
}): { correlation: number; slope: number } {
  let total = 0;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < x.length; i += 1) {
    const w = weights[i] as number;
    total += w;
    meanX += w * (x[i] as number);
    meanY += w * (y[i] as number);
  }
  meanX /= total;
  meanY /= total;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i += 1) {
    const w = weights[i] as number;
    const dx = (x[i] as number) - meanX;
    const dy = (y[i] as number) - meanY;
    xx += w * dx * dx;
    yy += w * dy * dy;
    xy += w * dx * dy;
  }
  return { correlation: xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0, slope: xx > 0 ? xy / xx : 0 };
}

function sdOf(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}
