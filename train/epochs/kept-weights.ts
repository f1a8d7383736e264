/**
 * The best epoch by each validation set, with its weights; epochs that several sets choose are kept once.
 * @module
 */
import type { TrainingState } from "./step-engine.ts";

/** The best epoch of one set so far. */
export interface Selection {
  /** The set's name. */
  readonly name: string;
  readonly epoch: number;
  readonly validationMae: number;
}

/** Weights by epoch: those that some selection names. */
export type EpochWeights = ReadonlyMap<number, TrainingState>;

/** Keeps copies of weights, in the arrays of those that are not needed any more. */
export class KeptWeights {
  #selections: readonly Selection[];
  readonly #byEpoch: Map<number, TrainingState>;

  constructor(start: { readonly selections: readonly Selection[]; readonly weights: EpochWeights }) {
    this.#selections = start.selections;
    this.#byEpoch = new Map(start.weights);
  }

  get selections(): readonly Selection[] {
    return this.#selections;
  }

  get weights(): EpochWeights {
    return this.#byEpoch;
  }

  /** Takes the weights of an epoch where it is better by some set than all before. `maes`: by set. */
  offer(epoch: number, maes: readonly (readonly [name: string, mae: number])[], weights: TrainingState): void {
    const known = new Map(this.#selections.map((selection) => [selection.name, selection]));
    this.#selections = maes.map(([name, mae]) => {
      const before = known.get(name);
      return before !== undefined && before.validationMae <= mae ? before : { name, epoch, validationMae: mae };
    });
    const needed = new Set(this.#selections.map((selection) => selection.epoch));
    const free: TrainingState[] = [];
    for (const [kept, values] of this.#byEpoch)
      if (!needed.has(kept)) {
        this.#byEpoch.delete(kept);
        free.push(values);
      }
    if (!needed.has(epoch)) return;
    const into = free.pop();
    this.#byEpoch.set(epoch, into === undefined ? copied(weights) : overwritten(into, weights));
  }
}

const copied = (weights: TrainingState): TrainingState =>
  new Map([...weights].map(([name, values]) => [name, values.slice()]));

function overwritten(into: TrainingState, weights: TrainingState): TrainingState {
  for (const [name, values] of weights) into.get(name)?.set(values);
  return into;
}
