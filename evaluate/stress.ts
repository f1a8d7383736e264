import { Random } from "../data/random.ts";
import { AppError } from "../schemas/errors.ts";
import type { Stress } from "../schemas/evaluation.ts";
import type { Contestant, TruthBlock } from "./contestant.ts";

/** What the missing-landmark stress is made with. */
export interface StressOptions {
  readonly seed: number;
  /** Shares of landmarks hidden (systems.md 4.8). */
  readonly shares?: readonly number[];
  /** Random sets of hidden landmarks, each used for an equal part of the samples: one draw says little. */
  readonly sets?: number;
}

/**
 * Scores every contestant again with random landmarks hidden: NaN, which each imputes as it does in `infer`. Set s
 * hides the first landmarks of its own permutation, so larger shares hide what smaller ones do and more; a sample's set
 * is its row in the dataset modulo the number of sets, whatever the blocks.
 */
export class MissingLandmarks {
  readonly #seed: number;
  readonly #shares: readonly number[];
  readonly #sets: number;
  #orders: Int32Array[] | undefined;
  readonly #sums = new Map<string, { absolute: Float64Array; cells: Float64Array }>();

  constructor({ seed, shares = [0.01, 0.05, 0.1, 0.25], sets = 8 }: StressOptions) {
    this.#seed = seed;
    this.#shares = shares;
    this.#sets = sets;
  }

  /** Scores one block, `sampleIndices` `[rows]` being its rows of the dataset; the arrays stay the caller's. */
  async add(contestants: readonly Contestant[], block: TruthBlock, sampleIndices: Int32Array): Promise<void> {
    const { landmarks, rows, targets } = block;
    const count = landmarks.length / rows;
    this.#orders ??= this.#permutations(count);
    for (const [level, share] of this.#shares.entries()) {
      const masked = landmarks.slice();
      for (const [row, sample] of sampleIndices.entries())
        for (const landmark of this.#orders[sample % this.#sets]!.subarray(0, hiddenOf(share, count)))
          masked[row * count + landmark] = Number.NaN;
      for (const contestant of contestants) {
        const { targets: prediction } = await contestant.predict(masked, rows);
        this.#add(contestant.name, level, { truth: targets, prediction });
      }
    }
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

  /** The curves, beginning with no landmark hidden, for which the contestants' own scores stand. */
  result(contestants: readonly Contestant[]): Stress {
    const count = this.#orders?.[0]?.length ?? 0;
    const shares = [0, ...this.#shares];
    return {
      seed: this.#seed,
      sets: this.#sets,
      shares,
      hidden: shares.map((share) => hiddenOf(share, count)),
      mae: contestants.map(({ name, bySample }) => {
        const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
        const { absolute = [], cells = [] } = this.#sums.get(name) ?? {};
        const whole = total(bySample.absolute) / total(bySample.cells);
        return { model: name, mae: [whole, ...Array.from(absolute, (sum, level) => sum / cells[level]!)] };
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
