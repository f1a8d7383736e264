/**
 * Joint quantile normalisation of all genes in use (D-GEX: Chen et al. 2016, Bioinformatics 32:1832, section 2.1;
 * Bolstad et al. 2003, Bioinformatics 19:185): every profile takes the values of one reference by rank.
 * @module
 */
import type { RankRule } from "../../schemas/index.ts";

/** The reference: mean over profiles of their sorted values, in float64. */
export class SortedMean {
  readonly #sums: Float64Array;
  readonly #sorted: Float32Array;
  #profiles = 0;

  constructor(genes: number) {
    this.#sums = new Float64Array(genes);
    this.#sorted = new Float32Array(genes);
  }

  /** Counts one profile, `[genes]`, which is only read and holds no NaN. */
  add(profile: Float32Array): void {
    const sums = this.#sums;
    const sorted = this.#sorted;
    sorted.set(profile);
    sorted.sort();
    for (let rank = 0; rank < sorted.length; rank += 1) {
      sums[rank] = (sums[rank] as number) + (sorted[rank] as number);
    }
    this.#profiles += 1;
  }

  /** Ascending, `[genes]`; NaN without profiles. */
  finish(): Float64Array {
    return this.#sums.map((sum) => sum / this.#profiles);
  }
}

/**
 * Maps profiles by rank onto a reference, in place; a profile's result depends on nothing but itself.
 *
 * `average`: a value of average rank r (1 … n, ties share it) takes reference[⌊r − 1⌋], as D-GEX does for GEO.
 * `dense`: the k-th of d distinct values (k from 1) takes reference[⌊k · n / d⌋ − 1], as it does for GTEx and
 * 1000 Genomes, where zeros tie; in integers, since the script's `int((k / d) * n)` falls one short where k / d rounds
 * down. NaN stay NaN; the ranks of a profile that has some are stretched over the whole reference.
 * @param values `[rows, genes]`
 * @param reference ascending, `[genes]`
 */
export function mapOntoReference(values: Float32Array, reference: ArrayLike<number>, rule: RankRule): void {
  const genes = reference.length;
  const scratch: Scratch = { sorted: new Float32Array(genes), targets: new Float32Array(genes) };
  for (let start = 0; start < values.length; start += genes) {
    const profile = values.subarray(start, start + genes);
    const distinct = distinctTargets(profile, { reference, rule, scratch });
    const levels = scratch.sorted.subarray(0, distinct);
    for (let gene = 0; gene < genes; gene += 1) {
      const value = profile[gene] as number;
      if (value === value) profile[gene] = scratch.targets[placeOf(value, levels)] as number;
    }
  }
}

interface Scratch {
  /** The profile's distinct values, ascending. */
  readonly sorted: Float32Array;
  /** What each of them becomes. */
  readonly targets: Float32Array;
}

interface Mapping {
  readonly reference: ArrayLike<number>;
  readonly rule: RankRule;
  readonly scratch: Scratch;
}

/** Fills the scratch with the distinct values of a profile and what they become; returns how many there are. */
function distinctTargets(profile: Float32Array, { reference, rule, scratch }: Mapping): number {
  const { sorted, targets } = scratch;
  sorted.set(profile);
  sorted.sort(); // NaN go to the end
  let present = sorted.length;
  while (present > 0 && Number.isNaN(sorted[present - 1])) present -= 1;
  // 1 where nothing is missing, so that ranks stay the integers of D-GEX.
  const step = present > 1 ? (reference.length - 1) / (present - 1) : 0;
  let distinct = 0;
  for (let first = 0; first < present; ) {
    const value = sorted[first] as number;
    let next = first + 1;
    while (next < present && sorted[next] === value) next += 1;
    if (rule === "average") targets[distinct] = reference[Math.floor(((first + next - 1) / 2) * step)] as number;
    sorted[distinct] = value;
    distinct += 1;
    first = next;
  }
  if (rule === "dense")
    for (let k = 1; k <= distinct; k += 1)
      targets[k - 1] = reference[Math.floor((k * reference.length) / distinct) - 1] as number;
  return distinct;
}

/** Index of a value among distinct levels that hold it, by bisection. */
function placeOf(value: number, levels: Float32Array): number {
  let low = 0;
  let high = levels.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((levels[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
