/** What random architectures are grown from: seeded choices, and values of the rank that a layer takes. */
import { Random } from "../../../data/random.ts";
import { tfl } from "../support/tfjs.ts";

export type Value = tfl.SymbolicTensor;

/** Features of a value: `[C]`, `[L, C]`, `[H, W, C]` or `[D, H, W, C]`. */
export const featuresOf = (x: Value): number[] => x.shape.slice(1).map(Number);

export class Zoo {
  readonly #random: Random;
  readonly inputs: Value[] = [];
  /** Values so far; the last one is grown further. */
  readonly values: Value[] = [];
  /** Layers used, by class. */
  readonly used = new Set<string>();

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.input([this.between(3, 9)]);
  }

  between(least: number, most: number): number {
    return least + this.#random.integer(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.#random.uniform() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.#random.integer(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  input(shape: number[]): Value {
    const made = tfl.input({ shape, name: `in_${this.inputs.length}` });
    this.inputs.push(made);
    this.values.push(made);
    this.used.add("InputLayer");
    return made;
  }

  /** The newest value. */
  get last(): Value {
    const value = this.values.at(-1);
    if (value === undefined) throw new Error("no values");
    return value;
  }

  /** Applies a layer to a value or several, and remembers the result. */
  apply(layer: tfl.layers.Layer, x: Value | Value[]): Value {
    const y = layer.apply(x) as Value;
    this.used.add(layer.getClassName());
    this.values.push(y);
    return y;
  }

  /** Some value as a vector of `units` features. */
  vector(units: number = this.between(2, 8), x: Value = this.chance(0.7) ? this.last : this.pick(this.values)): Value {
    const flat = featuresOf(x).length === 1 ? x : this.apply(tfl.layers.flatten(), x);
    if (featuresOf(flat)[0] === units) return flat;
    return this.apply(tfl.layers.dense({ units, activation: this.pick(["tanh", "relu", "linear"]) }), flat);
  }

  /** A value of these features: the last one where it has them. */
  shaped(shape: number[]): Value {
    if (featuresOf(this.last).join() === shape.join()) return this.last;
    const flat = this.vector(shape.reduce((product, length) => product * length, 1));
    return shape.length === 1 ? flat : this.apply(tfl.layers.reshape({ targetShape: shape }), flat);
  }

  /** A value of a rank, batch not counted: the last one where it has it. */
  ofRank(rank: number): Value {
    if (featuresOf(this.last).length === rank) return this.last;
    const lengths = Array.from({ length: rank - 1 }, () => this.between(3, rank === 4 ? 4 : 6));
    return this.shaped([...lengths, this.between(1, 4)]);
  }
}
