/**
 * Operators of several values that broadcast, element by element, in float64 or exact integers.
 * @module
 */
import { intOf, textOf } from "../attributes.ts";
import { elementCount } from "../element.ts";
import type { Node } from "../graph.ts";
import { broadcast } from "../shapes/broadcast.ts";
import { type Evaluator, valueAt } from "./evaluator.ts";
import { broadcastIndices } from "./indices.ts";
import { type EvalTensor, integersOf, integerTensor, isFloat, numbersOf, realTensor, take } from "./value.ts";

/** One formula in float64, and one in exact integers (used for all integer types; they wrap around). */
interface Kernel {
  /** Absent where the operator takes integers only. */
  readonly real?: (a: number, b: number) => number;
  readonly integer: (a: bigint, b: bigint) => bigint;
}

/** The dims of all operands together; the graph was checked. */
function commonDims(operands: readonly EvalTensor[]): readonly number[] {
  return (broadcast(operands.map(({ dims }) => dims)) ?? []).map(Number);
}

function stretched(operand: EvalTensor, dims: readonly number[]): EvalTensor {
  return take(operand, dims, { indices: broadcastIndices(operand.dims, dims) });
}

function combine(a: EvalTensor, b: EvalTensor, { real, integer }: Kernel): EvalTensor {
  const dims = commonDims([a, b]);
  const [left, right] = [stretched(a, dims), stretched(b, dims)];
  if (isFloat(a.type) && real !== undefined) {
    const [x, y] = [numbersOf(left), numbersOf(right)];
    return realTensor(
      a.type,
      dims,
      x.map((value, at) => real(value, y[at] ?? 0)),
    );
  }
  const [x, y] = [integersOf(left), integersOf(right)];
  return integerTensor(
    a.type,
    dims,
    Array.from(x, (value, at) => integer(value, y[at] ?? 0n)),
  );
}

function arithmetic(kernelOf: Kernel | ((node: Node) => Kernel)): Evaluator {
  return (evaluation) => {
    const kernel = typeof kernelOf === "function" ? kernelOf(evaluation.node) : kernelOf;
    return [combine(valueAt(evaluation, 0), valueAt(evaluation, 1), kernel)];
  };
}

/** Operators of any number of operands, from left to right. */
function folded(kernel: Kernel): Evaluator {
  return (evaluation) => {
    const values = evaluation.inputs.map((_, index) => valueAt(evaluation, index));
    return [values.slice(1).reduce((all, value) => combine(all, value, kernel), valueAt(evaluation, 0))];
  };
}

/** Comparisons and logic: bool out; bools are 0 and 1. */
function truth(test: (a: number | bigint, b: number | bigint) => boolean): Evaluator {
  return (evaluation) => {
    const [a, b] = [valueAt(evaluation, 0), valueAt(evaluation, 1)];
    const dims = commonDims([a, b]);
    const [x, y] = [stretched(a, dims).data, stretched(b, dims).data];
    const data = Float64Array.from({ length: elementCount(dims) }, (_, at) => Number(test(x[at] ?? 0, y[at] ?? 0)));
    return [{ type: "bool", dims, data }];
  };
}

const maximum: Kernel = { real: Math.max, integer: (a, b) => (a > b ? a : b) };
const minimum: Kernel = { real: Math.min, integer: (a, b) => (a < b ? a : b) };

export const add = arithmetic({ real: (a, b) => a + b, integer: (a, b) => a + b });
export const sub = arithmetic({ real: (a, b) => a - b, integer: (a, b) => a - b });
export const mul = arithmetic({ real: (a, b) => a * b, integer: (a, b) => a * b });
/** Integers: towards zero. */
export const div = arithmetic({ real: (a, b) => a / b, integer: (a, b) => a / b });
export const max = folded(maximum);
export const min = folded(minimum);
export const less = truth((a, b) => a < b);
export const greater = truth((a, b) => a > b);
export const equal = truth((a, b) => a === b);
export const and = truth((a, b) => a === 1 && b === 1);
export const bitwiseXor = arithmetic({ integer: (a, b) => a ^ b });
export const bitShift = arithmetic((node) =>
  textOf(node, "direction") === "LEFT" ? { integer: (a, b) => a << b } : { integer: (a, b) => a >> b },
);

/** The sign of the divisor (Python's %), or of the dividend with `fmod` (C's fmod). */
export const mod = arithmetic((node) => {
  if (intOf(node, "fmod") !== 0) return { real: (a, b) => a % b, integer: (a, b) => a % b };
  return { real: (a, b) => a - b * Math.floor(a / b), integer: (a, b) => ((a % b) + b) % b };
});

/** The type of the base; the exponent may have another one. */
export const pow: Evaluator = (evaluation) => {
  const [base, exponent] = [valueAt(evaluation, 0), valueAt(evaluation, 1)];
  const dims = commonDims([base, exponent]);
  const [x, y] = [numbersOf(stretched(base, dims)), numbersOf(stretched(exponent, dims))];
  return [
    realTensor(
      base.type,
      dims,
      x.map((value, at) => value ** (y[at] ?? 0)),
    ),
  ];
};

/** min(max(x, low), high); an absent limit is none. */
export const clip: Evaluator = (evaluation) => {
  const [, low, high] = evaluation.inputs;
  const raised = low === undefined ? valueAt(evaluation, 0) : combine(valueAt(evaluation, 0), low, maximum);
  return [high === undefined ? raised : combine(raised, high, minimum)];
};

/** a where the condition holds, else b. */
export const where: Evaluator = (evaluation) => {
  const [condition, a, b] = [valueAt(evaluation, 0), valueAt(evaluation, 1), valueAt(evaluation, 2)];
  const dims = commonDims([condition, a, b]);
  const chosen = stretched(condition, dims).data;
  const [x, y] = [stretched(a, dims), stretched(b, dims)];
  if (x.type === "int64" || y.type === "int64") {
    const other = integersOf(y);
    return [
      { type: "int64", dims, data: integersOf(x).map((value, at) => (chosen[at] === 1 ? value : (other[at] ?? 0n))) },
    ];
  }
  return [{ type: x.type, dims, data: x.data.map((value, at) => (chosen[at] === 1 ? value : (y.data[at] ?? 0))) }];
};

/** The elements under the broadcast of their dims and the shape asked for. */
export const expand: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const asked = Array.from(valueAt(evaluation, 1).data, Number);
  return [stretched(x, (broadcast([x.dims, asked]) ?? []).map(Number))];
};
