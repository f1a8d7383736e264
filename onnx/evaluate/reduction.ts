/**
 * Reductions over axes, and what works along one axis: Softmax, ArgMax.
 * @module
 */
import { intOf, intsOf } from "../attributes.ts";
import { elementCount } from "../element.ts";
import { axesOf } from "../shapes/axis.ts";
import { type Evaluation, type Evaluator, numbersAt, valueAt } from "./evaluator.ts";
import { aroundAxis, reductionIndices } from "./indices.ts";
import { type EvalTensor, integersOf, integerTensor, isFloat, numbersOf, realTensor } from "./value.ts";

/** How elements become one: in float64, and in exact integers. `finish…` sees how many they were. */
interface Reducer {
  readonly real: (total: number, value: number) => number;
  readonly integer: (total: bigint, value: bigint) => bigint;
  readonly finishReal: (total: number, count: number) => number;
  readonly finishInteger: (total: bigint, count: bigint) => bigint;
}

function reduction(reducer: Reducer): Evaluator {
  return (evaluation) => {
    const { node } = evaluation;
    const x = valueAt(evaluation, 0);
    const given = intsOf(node, "axes") ?? numbersAt(evaluation, 1) ?? [];
    if (given.length === 0 && intOf(node, "noop_with_empty_axes") !== 0) return [x];
    const axes = new Set(given.length === 0 ? x.dims.keys() : axesOf(given, x.dims.length));
    const { into, kept } = reductionIndices(x.dims, axes);
    const dims = intOf(node, "keepdims") !== 0 ? kept : x.dims.filter((_, axis) => !axes.has(axis));
    const outputs = elementCount(dims);
    if (isFloat(x.type)) {
      const values = numbersOf(x);
      const totals = fold(values, into, reducer.real);
      const count = values.length / outputs;
      return [
        realTensor(
          x.type,
          dims,
          Array.from({ length: outputs }, (_, at) => reducer.finishReal(totals[at] ?? 0, count)),
        ),
      ];
    }
    const values = integersOf(x);
    const totals = fold(values, into, reducer.integer);
    const count = BigInt(values.length) / BigInt(Math.max(1, outputs));
    const results = Array.from({ length: outputs }, (_, at) => reducer.finishInteger(totals[at] ?? 0n, count));
    return [integerTensor(x.type, dims, results)];
  };
}

/** Joins the elements that go into one: `result[into[i]] = step(result[into[i]], values[i])`. */
function fold<T>(values: ArrayLike<T>, into: Int32Array, step: (total: T, value: T) => T): readonly (T | undefined)[] {
  const totals: (T | undefined)[] = [];
  for (const [at, group] of into.entries()) {
    const value = values[at];
    const total = totals[group];
    if (value !== undefined) totals[group] = total === undefined ? value : step(total, value);
  }
  return totals;
}

const asIs = { finishReal: (total: number) => total, finishInteger: (total: bigint) => total };

export const reduceSum = reduction({ real: (a, b) => a + b, integer: (a, b) => a + b, ...asIs });
export const reduceMax = reduction({ real: Math.max, integer: (a, b) => (a > b ? a : b), ...asIs });
export const reduceMin = reduction({ real: Math.min, integer: (a, b) => (a < b ? a : b), ...asIs });
/** Integers: towards zero. */
export const reduceMean = reduction({
  real: (a, b) => a + b,
  integer: (a, b) => a + b,
  finishReal: (total, count) => total / count,
  finishInteger: (total, count) => total / count,
});

/** eˣ over their sum along one axis, shifted by the largest. */
export const softmax: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const data = Float64Array.from(numbersOf(x));
  for (const line of lines(evaluation, x)) {
    const largest = Math.max(...line.map((at) => data[at] ?? 0));
    for (const at of line) data[at] = Math.exp((data[at] ?? 0) - largest);
    const total = line.reduce((sum, at) => sum + (data[at] ?? 0), 0);
    for (const at of line) data[at] = (data[at] ?? 0) / total;
  }
  return [realTensor(x.type, x.dims, data)];
};

/** Position of the largest element along one axis: the first, or the last with `select_last_index`. */
export const argMax: Evaluator = (evaluation) => {
  const { node } = evaluation;
  const x = valueAt(evaluation, 0);
  const takesLast = intOf(node, "select_last_index") !== 0;
  const [axis = 0] = axesOf([intOf(node, "axis")], x.dims.length);
  const positions = lines(evaluation, x).map((line) => {
    let best = 0;
    for (const [position, at] of line.entries()) {
      const [value, record] = [x.data[at] ?? 0, x.data[line[best] ?? 0] ?? 0];
      if (value > record || (takesLast && value === record)) best = position;
    }
    return BigInt(best);
  });
  const dims = intOf(node, "keepdims") !== 0 ? x.dims.with(axis, 1) : x.dims.toSpliced(axis, 1);
  return [integerTensor("int64", dims, positions)];
};

/** Element indices of each line along the node's axis, in the row-major order of what is left. */
function lines({ node }: Evaluation, { dims }: EvalTensor): readonly (readonly number[])[] {
  const [axis = 0] = axesOf([intOf(node, "axis")], dims.length);
  const { outer, length, inner } = aroundAxis(dims, axis);
  return Array.from({ length: outer * inner }, (_, line) => {
    const start = Math.floor(line / inner) * length * inner + (line % inner);
    return Array.from({ length }, (__, position) => start + position * inner);
  });
}
