import type { Graph, Node, OpName } from "../../onnx/graph.ts";
import type { VariantLayer } from "../../schemas/index.ts";

/** What a product's input covers. */
export type InputRange = NonNullable<VariantLayer["input"]>;

/** uint8 levels: x ≈ (level − zero)·scale, level in 0…255. Zero is a level, so that it stays exact. */
export interface Levels {
  readonly scale: number;
  readonly zero: number;
}

/** Bounded activations. */
const activations: Partial<Readonly<Record<OpName, readonly [number, number]>>> = {
  Erf: [-1, 1],
  HardSigmoid: [0, 1],
  Sigmoid: [0, 1],
  Softmax: [0, 1],
  Softsign: [-1, 1],
  Tanh: [-1, 1],
};

/** Operators that give no value that they were not given. */
const passing: ReadonlySet<OpName> = new Set(["Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"]);

/** The range that a value has by construction, whatever the input: bounds of a clip or an activation. */
export function knownRange({ nodes, initializers }: Graph, value: string): InputRange | undefined {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const scalar = (name = ""): number | undefined => {
    const data = initializers.get(name)?.data;
    return data?.length === 1 ? Number(data[0]) : undefined;
  };
  const rangeOf = (name: string): InputRange | undefined => {
    const node: Node | undefined = producers.get(name);
    if (node === undefined) return undefined;
    const [low, high] = activations[node.op] ?? [];
    if (low !== undefined && high !== undefined) return { low, high, from: "activation" };
    if (node.op === "Clip") {
      const [least, most] = [scalar(node.inputs[1]), scalar(node.inputs[2])];
      return least === undefined || most === undefined ? undefined : { low: least, high: most, from: "clip" };
    }
    return passing.has(node.op) ? rangeOf(node.inputs[0] ?? "") : undefined;
  };
  return rangeOf(value);
}

/**
 * The levels of a range: about 128 where it is symmetric, so that +x and −x are equally far from their levels, otherwise
 * all 256 over [low, high], which is widened to hold 0.
 */
export function levelsOf({ low, high }: Pick<InputRange, "low" | "high">): Levels {
  const [least, most] = [Math.min(0, low), Math.max(0, high)];
  if (least + most === 0) return { scale: Math.fround(most / 127) || 1, zero: 128 };
  const scale = Math.fround((most - least) / 255);
  return { scale, zero: Math.round((0 - least) / scale) };
}

/** Shares of an end that are tried: beyond half of it, what is cut off costs more than finer levels save. */
const shares: readonly number[] = Array.from({ length: 26 }, (_, step) => 1 - step / 50);

/**
 * The range of calibration values whose 256 levels have the least squared error: [min, max], with the upper end and then
 * the lower one drawn in where saturating the few beyond costs less than coarser levels for all.
 */
export function calibratedRange(values: Float32Array): InputRange {
  let [least, most] = [0, 0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const errorOf = (low: number, high: number): number => squaredError(values, levelsOf({ low, high }));
  const high = most * leastBy(shares, (share) => errorOf(least, share * most));
  const low = least * leastBy(shares, (share) => errorOf(share * least, high));
  return { low: low + 0, high, from: "calibrated" };
}

/** The first of the candidates with the smallest cost. */
function leastBy(candidates: readonly number[], cost: (candidate: number) => number): number {
  let [best = 1] = candidates;
  let smallest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const own = cost(candidate);
    if (own < smallest) [best, smallest] = [candidate, own];
  }
  return best;
}

/** Evenly spaced values looked at for one error. */
const comparedValues = 2 ** 16;

function squaredError(values: Float32Array, { scale, zero }: Levels): number {
  const step = Math.max(1, Math.floor(values.length / comparedValues));
  let sum = 0;
  for (let at = 0; at < values.length; at += step) {
    const value = values[at] as number;
    const level = Math.max(0, Math.min(255, Math.round(value / scale) + zero));
    sum += (value - (level - zero) * scale) ** 2;
  }
  return sum;
}
