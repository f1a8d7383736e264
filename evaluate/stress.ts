import { Random } from "../data/random.ts";
import { AppError } from "../schemas/errors.ts";
import type { Stress } from "../schemas/evaluation.ts";
import type { Contestant, TruthBlock } from "./contestant.ts";
import { placeOf, type Spacing } from "./evenly-spaced.ts";

/** What the missing-landmark stress is made with. */
export interface StressOptions {
  readonly seed: number;
  /** Shares of landmarks hidden (systems.md 4.8). */
  readonly shares?: readonly number[];
  /** Random sets of hidden landmarks, each used for an equal part of the samples: one draw says little. */
  readonly sets?: number;
  /** Samples that landmarks are hidden from at most, evenly spaced where there are more; all by default. */
  readonly most?: number;
}

/** A block with what each contestant predicts of it, `[rows, targets]` each, in their order. */
export interface PredictedBlock extends TruthBlock {
  readonly predictions: readonly Float32Array[];
}

/**
 * Scores every contestant again with random landmarks hidden: NaN, which each imputes as it does in `infer`. Set s
 * hides the first landmarks of its own permutation, so larger shares hide what smaller ones do and more; a sample's set
 * is its place among those stressed modulo the number of sets, whatever the blocks.
 */
export class MissingLandmarks {
  readonly #seed: number;
  readonly #shares: readonly number[];
  readonly #sets: number;
  readonly #spacing: Spacing;
  #met = 0;
  #orders: Int32Array[] | undefined;
  readonly #sums = new Map<string, { absolute: Float64Array; cells: Float64Array }>();

  /** `samples` are all that will be met. */
  constructor(samples: number, { seed, shares = [0.01, 0.05, 0.1, 0.25], sets = 8, most = samples }: StressOptions) {
    this.#seed = seed;
    this.#shares = [0, ...shares];
    this.#sets = sets;
    this.#spacing = { taken: Math.min(most, samples), all: samples };
  }

  /** Samples that landmarks are hidden from. */
  get samples(): number {
    return this.#spacing.taken;
  }

  /** Scores one block, which stays the caller's; nothing hidden is what has been predicted of it already. */
  async add(contestants: readonly Contestant[], whole: PredictedBlock): Promise<void> {
    const { block, places } = this.#stressed(whole);
    const { landmarks, predictions, rows, targets } = block;
    if (rows === 0) return;
    const count = landmarks.length / rows;
    this.#orders ??= this.#permutations(count);
    for (const [level, share] of this.#shares.entries()) {
      const masked = landmarks.slice();
      for (const [row, place] of places.entries())
        for (const landmark of this.#orders[place % this.#sets]!.subarray(0, hiddenOf(share, count)))
          masked[row * count + landmark] = Number.NaN;
      for (const [i, contestant] of contestants.entries()) {
        const prediction = level === 0 ? predictions[i]! : (await contestant.predict(masked, rows)).targets;
        this.#add(contestant.name, level, { truth: targets, prediction });
      }
    }
  }

  /** The rows of a block that landmarks are hidden from, with their places among all of those. */
  #stressed(block: PredictedBlock): { block: PredictedBlock; places: number[] } {
    const [chosen, places]: [number[], number[]] = [[], []];
    for (let row = 0; row < block.rows; row++) {
      const place = placeOf(this.#met++, this.#spacing);
      if (place === undefined) continue;
      chosen.push(row);
      places.push(place);
    }
    if (chosen.length === block.rows) return { block, places };
    const taken = (values: Float32Array): Float32Array => {
      const width = values.length / block.rows;
      const kept = new Float32Array(chosen.length * width);
      for (const [to, row] of chosen.entries()) kept.set(values.subarray(row * width, (row + 1) * width), to * width);
      return kept;
    };
    const { landmarks, predictions, targets } = block;
    const rows = { landmarks: taken(landmarks), targets: taken(targets), predictions: predictions.map(taken) };
    return { block: { ...rows, rows: chosen.length }, places };
  }

  #add(name: string, level: number, { truth, prediction }: { truth: Float32Array; prediction: Float32Array }): void {
    const zeros = () => new Float64Array(this.#shares.length);
    const sums = this.#sums.get(name) ?? { absolute: zeros(), cells: zeros() };
    this.#sums.set(name, sums);
    let [absolute, cells] = [0, 0];
    for (let i = 0; i < truth.length; i++) {
      if (Number.isNaN(truth[i]!)) continue;
      absolute += Math.abs(prediction[i]! - truth[i]!);
      cells += 1;
    }
    if (!Number.isFinite(absolute))
      throw new AppError("internal", {
        what: "the model predicts values that are not finite when landmarks are missing",
        where: name,
      });
    sums.absolute[level]! += absolute;
    sums.cells[level]! += cells;
  }

  /** The curves, beginning with no landmark hidden, over the samples stressed. */
  result(contestants: readonly Contestant[]): Stress {
    const count = this.#orders?.[0]?.length ?? 0;
    return {
      seed: this.#seed,
      sets: this.#sets,
      samples: this.samples,
      shares: [...this.#shares],
      hidden: this.#shares.map((share) => hiddenOf(share, count)),
      mae: contestants.map(({ name }) => {
        const { absolute = [], cells = [] } = this.#sums.get(name) ?? {};
        return { model: name, mae: Array.from(absolute, (sum, level) => sum / cells[level]!) };
      }),
    };
  }

  #permutations(landmarks: number): Int32Array[] {
    return Array.from({ length: this.#sets }, (_, set) => {
      const order = Int32Array.from({ length: landmarks }, (__, i) => i);
      new Random(this.#seed, set).shuffle(order);
      return order;
    });
  }
}

/** At least one landmark where any is to be hidden. */
function hiddenOf(share: number, landmarks: number): number {
  return share === 0 ? 0 : Math.max(1, Math.round(share * landmarks));
}
