import type { Differential } from "../schemas/evaluation.ts";
import { overGenes } from "./summary.ts";

/** Genes at each end of a profile's deviations whose signs are checked, at most. */
const mostExtremes = 50;

/** Samples of a group from which on deviations from its mean say something. */
const leastSamples = 3;

/** Values of truth and a prediction, `[genes, rows]` each, and the group of each row. */
export interface GroupedValues {
  readonly truth: Float32Array;
  readonly prediction: Float32Array;
  readonly groups: Int32Array;
  readonly genes: number;
}

/** Two matrices `[rows, genes]` that deviations are written to. */
export interface Scratch {
  readonly truth: Float32Array;
  readonly prediction: Float32Array;
}

/** Sums for a correlation. */
class Correlation {
  #n = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #yy = 0;
  #xy = 0;

  add(x: number, y: number): void {
    this.#n += 1;
    this.#x += x;
    this.#y += y;
    this.#xx += x * x;
    this.#yy += y * y;
    this.#xy += x * y;
  }

  /** Pearson's r; NaN where one does not vary beyond rounding. */
  value(): number {
    const xx = this.#xx - this.#x ** 2 / this.#n;
    const yy = this.#yy - this.#y ** 2 / this.#n;
    const least = 1e-12 * this.#n;
    return xx > least && yy > least
      ? Math.min(1, Math.max(-1, (this.#xy - (this.#x * this.#y) / this.#n) / Math.sqrt(xx * yy)))
      : Number.NaN;
  }
}

/**
 * How well deviations from the group's mean are predicted: what a user of differential expression asks for. Groups of
 * fewer than three rows are left out; means are over the cells that have a truth, of truth and prediction alike.
 * Undefined where no group is large enough or no prediction deviates at all. Overwrites `scratch`.
 */
export function differential(
  model: string,
  values: GroupedValues,
  scratch: Scratch,
): { scores: Differential; gene: Float64Array } | undefined {
  const { genes, groups } = values;
  const sizes: number[] = [];
  for (const group of groups) if (group >= 0) sizes[group] = (sizes[group] ?? 0) + 1;
  const chosen = Int32Array.from(groups.keys()).filter((row) => (sizes[groups[row]!] ?? 0) >= leastSamples);
  if (chosen.length === 0) return undefined;
  const gene = deviations(values, { chosen, groupCount: sizes.length, scratch });
  const profile = new Float64Array(chosen.length);
  const extremes = Math.max(1, Math.min(mostExtremes, Math.floor(genes / 2)));
  const signs: SignCounts = { top: { right: 0, of: 0 }, bottom: { right: 0, of: 0 } };
  for (const [i, row] of chosen.entries()) {
    const truth = scratch.truth.subarray(row * genes, (row + 1) * genes);
    const prediction = scratch.prediction.subarray(row * genes, (row + 1) * genes);
    const correlation = new Correlation();
    for (let g = 0; g < genes; g++) if (!Number.isNaN(truth[g]!)) correlation.add(truth[g]!, prediction[g]!);
    profile[i] = correlation.value();
    countSigns(truth, prediction, { extremes, signs });
  }
  const [byGene, byProfile] = [overGenes(gene), overGenes(profile)];
  if ((byGene === undefined && byProfile === undefined) || signs.top.of === 0) return undefined;
  return {
    gene,
    scores: {
      model,
      samples: chosen.length,
      ...(byGene && { gene: byGene }),
      ...(byProfile && { profile: byProfile }),
      extremes,
      signTop: signs.top.right / signs.top.of,
      signBottom: signs.bottom.right / signs.bottom.of,
    },
  };
}

/** Writes the chosen rows' deviations to the scratch; returns their correlation per gene, NaN where there is none. */
function deviations(
  { truth, prediction, groups, genes }: GroupedValues,
  { chosen, groupCount, scratch }: { chosen: Int32Array; groupCount: number; scratch: Scratch },
): Float64Array {
  const rows = groups.length;
  const correlations = new Float64Array(genes);
  const zeros = () => new Float64Array(groupCount);
  const [count, sumX, sumY] = [zeros(), zeros(), zeros()];
  for (let g = 0; g < genes; g++) {
    for (const sums of [count, sumX, sumY]) sums.fill(0);
    for (const row of chosen) {
      const x = truth[g * rows + row]!;
      if (Number.isNaN(x)) continue;
      const group = groups[row]!;
      count[group]! += 1;
      sumX[group]! += x;
      sumY[group]! += prediction[g * rows + row]!;
    }
    const correlation = new Correlation();
    for (const row of chosen) {
      const group = groups[row]!;
      const dx = truth[g * rows + row]! - sumX[group]! / count[group]!;
      const dy = prediction[g * rows + row]! - sumY[group]! / count[group]!;
      scratch.truth[row * genes + g] = dx;
      scratch.prediction[row * genes + g] = dy;
      if (!Number.isNaN(dx)) correlation.add(dx, dy);
    }
    correlations[g] = correlation.value();
  }
  return correlations;
}

/** Extreme true deviations, and how many of them have a predicted one of the same sign. */
interface SignCounts {
  readonly top: { right: number; of: number };
  readonly bottom: { right: number; of: number };
}

/** Counts the `extremes` largest and smallest true deviations of a profile; values tied with the last one count too. */
function countSigns(
  truth: Float32Array,
  prediction: Float32Array,
  { extremes, signs }: { extremes: number; signs: SignCounts },
): void {
  const sorted = truth.filter((value) => !Number.isNaN(value)).toSorted();
  const ends = Math.min(extremes, Math.floor(sorted.length / 2));
  if (ends === 0) return;
  const [high, low] = [sorted[sorted.length - ends]!, sorted[ends - 1]!];
  for (let g = 0; g < truth.length; g++) {
    const value = truth[g]!;
    const agrees = Math.sign(prediction[g]!) === Math.sign(value) ? 1 : 0;
    if (value >= high) {
      signs.top.of += 1;
      signs.top.right += agrees;
    }
    if (value <= low) {
      signs.bottom.of += 1;
      signs.bottom.right += agrees;
    }
  }
}
