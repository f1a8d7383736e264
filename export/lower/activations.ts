import { z } from "zod";
import type { GraphBuilder } from "../../onnx/builder.ts";
import { rowSum } from "./row-sum.ts";

/** Emits y = f(x), value name in, value name out. */
type Activation = (g: GraphBuilder, x: string) => string;

/**
 * ln(1 + u) for u in [0, 1] as 2·artanh(w) = 2w·(1 + w²/3 + w⁴/5 + …), w = u/(2 + u) ≤ 1/3; the first term left out,
 * 2w¹⁷/17, is below 1e-9. Not `Log`, nor `Softplus`: ONNX Runtime computes those, `Elu` and `Selu` with vector code for
 * most and scalar code for the last elements of a buffer, so their last bit depends on a profile's place in the batch
 * (measured; `Exp`, `Tanh`, `Sigmoid`, `Erf` give equal bits anywhere).
 */
function log1pOfUnit(g: GraphBuilder, u: string): string {
  const w = g.op("Div", [u, g.op("Add", [u, g.scalar(2)])]);
  const square = g.op("Mul", [w, w]);
  let series = g.scalar(2 / 15);
  for (let odd = 13; odd >= 1; odd -= 2) series = g.op("Add", [g.op("Mul", [series, square]), g.scalar(2 / odd)]);
  return g.op("Mul", [w, series]);
}

/** relu(x)·positive + negative·(exp(min(x, 0)) − 1): ELU and SELU from operators that give equal bits anywhere. */
function exponentialLinear(positive: number, negative: number): Activation {
  return (g, x) => {
    const below = g.op("Sub", [g.op("Exp", [g.op("Min", [x, g.scalar(0)])]), g.scalar(1)]);
    const above = g.op("Relu", [x]);
    const scale = (value: string, by: number): string => (by === 1 ? value : g.op("Mul", [value, g.scalar(by)]));
    return g.op("Add", [scale(above, positive), scale(below, negative)]);
  };
}

/** softplus(x) = ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). */
const softplus: Activation = (g, x) => {
  const decay = g.op("Exp", [g.op("Neg", [g.op("Abs", [x])])]);
  return g.op("Add", [g.op("Relu", [x]), log1pOfUnit(g, decay)]);
};

/** x − max − ln Σ exp(x − max); `Log` of one value a row: its last bit may depend on the batch, see above. */
const logSoftmax: Activation = (g, x) => {
  const shifted = g.op("Sub", [x, g.op("ReduceMax", [x], { axes: [-1n], keepdims: 1n })]);
  return g.op("Sub", [shifted, g.op("Log", [rowSum(g, g.op("Exp", [shifted]))])]);
};

/** x·Φ(x), Φ by the error function (Hendrycks & Gimpel 2016). */
const gelu: Activation = (g, x) => {
  const cdf = g.op("Add", [g.op("Erf", [g.op("Mul", [x, g.scalar(Math.SQRT1_2)])]), g.scalar(1)]);
  return g.op("Mul", [x, g.op("Mul", [cdf, g.scalar(0.5)])]);
};

/** ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))), the approximation of the same paper. */
const geluNew: Activation = (g, x) => {
  const cube = g.op("Mul", [g.op("Mul", [x, x]), x]);
  const inner = g.op("Add", [x, g.op("Mul", [cube, g.scalar(0.044715)])]);
  const gate = g.op("Add", [g.op("Tanh", [g.op("Mul", [inner, g.scalar(Math.sqrt(2 / Math.PI))])]), g.scalar(1)]);
  return g.op("Mul", [g.op("Mul", [x, g.scalar(0.5)]), gate]);
};

/** SELU's constants (Klambauer et al. 2017). */
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/** tfjs' activations by the names that `model.json` uses. */
export const activations = {
  elu: exponentialLinear(1, 1),
  gelu,
  gelu_new: geluNew,
  hard_sigmoid: (g, x) => g.op("HardSigmoid", [x], { alpha: 0.2, beta: 0.5 }),
  linear: (_g, x) => x,
  log_softmax: logSoftmax,
  mish: (g, x) => g.op("Mul", [x, g.op("Tanh", [softplus(g, x)])]),
  relu: (g, x) => g.op("Relu", [x]),
  relu6: (g, x) => g.op("Clip", [x, g.scalar(0), g.scalar(6)]),
  selu: exponentialLinear(seluScale, seluScale * seluAlpha),
  sigmoid: (g, x) => g.op("Sigmoid", [x]),
  softmax: (g, x) => g.op("Softmax", [x], { axis: -1n }),
  softplus,
  softsign: (g, x) => g.op("Softsign", [x]),
  swish: (g, x) => g.op("Mul", [x, g.op("Sigmoid", [x])]),
  tanh: (g, x) => g.op("Tanh", [x]),
} as const satisfies Record<string, Activation>;

export type ActivationName = keyof typeof activations;

export const activationNames = Object.keys(activations) as [ActivationName, ...ActivationName[]];

/** An `activation` field; tfjs writes snake_case, hand-made files camelCase; absent or null is linear. */
export const ActivationField = z
  .string()
  .transform((name) => name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase())
  .pipe(z.enum(activationNames))
  .nullish()
  .transform((name) => name ?? "linear");
