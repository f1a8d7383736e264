/**
 * Operators of one value, element by element, in float64 (formulas: ONNX Operators.md).
 * @module
 */
import { floatOf, intOf } from "../attributes.ts";
import { elementTypeOf } from "../element.ts";
import type { Node } from "../graph.ts";
import { type Evaluator, valueAt } from "./evaluator.ts";
import { integersOf, isFloat, numbersOf, realTensor } from "./value.ts";

type Real = (x: number) => number;

/** y = f(x) for the float types and the small integers; int64 needs `big`. */
function each(real: Real, big?: (x: bigint) => bigint): Evaluator {
  return parametric(() => real, big);
}

/** y = f(x) where f depends on attributes. */
function parametric(realOf: (node: Node) => Real, big?: (x: bigint) => bigint): Evaluator {
  return (evaluation) => {
    const x = valueAt(evaluation, 0);
    if (x.type === "int64") {
      if (big === undefined) throw new Error(`${evaluation.node.op} has no int64`);
      return [{ ...x, data: x.data.map(big) }];
    }
    return [realTensor(x.type, x.dims, x.data.map(realOf(evaluation.node)))];
  };
}

export const identity: Evaluator = (evaluation) => [valueAt(evaluation, 0)];

/** Towards zero to integers, ≠ 0 to bool; between floats the value stays unrounded. */
export const cast: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const type = elementTypeOf(intOf(evaluation.node, "to")) ?? x.type;
  if (type === "int64" && !isFloat(x.type)) return [{ type, dims: x.dims, data: integersOf(x) }];
  return [realTensor(type, x.dims, numbersOf(x))];
};

export const abs = each(Math.abs, (x) => (x < 0n ? -x : x));
export const neg = each(
  (x) => -x,
  (x) => -x,
);
export const sign = each(Math.sign, (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n));
export const relu = each(
  (x) => Math.max(0, x),
  (x) => (x > 0n ? x : 0n),
);
export const exp = each(Math.exp);
export const log = each(Math.log);
export const sqrt = each(Math.sqrt);
export const reciprocal = each((x) => 1 / x);
export const floor = each(Math.floor);
export const tanh = each(Math.tanh);
export const not = each((x) => 1 - x);

/** Halves to the even neighbour. */
export const round = each((x) => {
  const below = Math.floor(x);
  if (x - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(x);
});

export const sigmoid = each((x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))));

/** log(1 + eˣ) without overflow. */
export const softplus = each((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
export const softsign = each((x) => x / (1 + Math.abs(x)));
export const leakyRelu = parametric((node) => {
  const alpha = floatOf(node, "alpha");
  return (x) => (x < 0 ? alpha * x : x);
});
export const elu = parametric((node) => {
  const alpha = floatOf(node, "alpha");
  return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
});
export const selu = parametric((node) => {
  const [alpha, gamma] = [floatOf(node, "alpha"), floatOf(node, "gamma")];
  return (x) => gamma * (x <= 0 ? alpha * Math.expm1(x) : x);
});
export const hardSigmoid = parametric((node) => {
  const [alpha, beta] = [floatOf(node, "alpha"), floatOf(node, "beta")];
  return (x) => Math.max(0, Math.min(1, alpha * x + beta));
});

/** erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! (Abramowitz & Stegun 7.1.6): all terms have one sign. */
export const erf = each((x) => {
  if (Number.isNaN(x)) return x;
  // 1 − erf(6) is below half a unit in the last place of 1.
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > Math.abs(total) * Number.EPSILON * 0.25; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
});
