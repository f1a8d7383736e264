import type { Graph, Tensor } from "../../onnx/graph.ts";
import { halfValue } from "../../onnx/half.ts";

/** A weight tensor in which two graphs differ. */
export interface WeightChange {
  readonly name: string;
  readonly dims: readonly number[];
  /** Elements that are not equal. */
  readonly different: number;
  /** Largest |a − b| over elements that are finite in both. */
  readonly maxAbs: number;
}

/** How the initializers of two graphs compare, by name. */
export interface WeightDiff {
  /** Tensors that are equal, element by element. */
  readonly equal: number;
  /** The largest change first. */
  readonly changed: readonly WeightChange[];
  /** Tensors of another type or shape: `name: float32 [3, 2] → float32 [4, 2]`. */
  readonly reshaped: readonly string[];
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
}

/** Reads an element as a number: float16 is kept as bits. */
function reader({ type, data }: Tensor): (at: number) => number {
  if (type === "float16") return (at) => halfValue(data[at] as number);
  return (at) => Number(data[at]);
}

function change(name: string, a: Tensor, b: Tensor): WeightChange {
  const [before, after] = [reader(a), reader(b)];
  let different = 0;
  let maxAbs = 0;
  for (let at = 0; at < a.data.length; at++) {
    const [x, y] = [before(at), after(at)];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    different++;
    const distance = Math.abs(x - y);
    if (distance > maxAbs && Number.isFinite(distance)) maxAbs = distance;
  }
  return { name, dims: a.dims, different, maxAbs };
}

const shape = ({ type, dims }: Tensor): string => `${type} [${dims.join(", ")}]`;

/** Compares the initializers of two graphs by name. */
export function diffWeights(a: Graph, b: Graph): WeightDiff {
  const pairs = [...a.initializers].flatMap(([name, before]) => {
    const after = b.initializers.get(name);
    return after === undefined ? [] : [{ name, before, after }];
  });
  const same = pairs.filter(({ before, after }) => shape(before) === shape(after));
  const compared = same.map(({ name, before, after }) => change(name, before, after));
  return {
    equal: compared.filter(({ different }) => different === 0).length,
    changed: compared.filter(({ different }) => different > 0).toSorted((x, y) => y.maxAbs - x.maxAbs),
    reshaped: pairs
      .filter((pair) => !same.includes(pair))
      .map(({ name, before, after }) => `${name}: ${shape(before)} → ${shape(after)}`),
    onlyBefore: [...a.initializers.keys()].filter((name) => !b.initializers.has(name)),
    onlyAfter: [...b.initializers.keys()].filter((name) => !a.initializers.has(name)),
  };
}
