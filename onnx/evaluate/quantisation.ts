/**
 * Affine quantisation in float64.
 * @module
 */
import { intOf } from "../attributes.ts";
import { elementCount } from "../element.ts";
import { axesOf } from "../shapes/axis.ts";
import { type Evaluation, type Evaluator, valueAt } from "./evaluator.ts";
import { type EvalTensor, numbersOf, realTensor } from "./value.ts";

/** Which scale and zero point belong to an element of x. */
interface Grid {
  readonly scale: Float64Array;
  readonly zero: Float64Array | undefined;
  readonly at: (element: number) => number;
}

const limits = { int8: [-128, 127], uint8: [0, 255] } as const;

/** y = saturate(round(x / scale) + zero point), ties to even (ONNX `QuantizeLinear`). */
export const quantizeLinear: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const type = evaluation.inputs[2]?.type === "int8" ? "int8" : "uint8";
  const [low, high] = limits[type];
  const { scale, zero, at } = gridOf(evaluation, x);
  const y = numbersOf(x).map((value, element) => {
    const place = at(element);
    const level = roundToEven(value / (scale[place] ?? 1)) + (zero?.[place] ?? 0);
    return Math.max(low, Math.min(high, level));
  });
  return [realTensor(type, x.dims, y)];
};

/** y = (x − zero point)·scale. */
export const dequantizeLinear: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const { scale, zero, at } = gridOf(evaluation, x);
  const y = numbersOf(x).map((level, element) => (level - (zero?.[at(element)] ?? 0)) * (scale[at(element)] ?? 1));
  return [realTensor("float32", x.dims, y)];
};

function gridOf(evaluation: Evaluation, { dims }: EvalTensor): Grid {
  const { node, inputs } = evaluation;
  const scales = valueAt(evaluation, 1);
  const scale = numbersOf(scales);
  const zero = inputs[2] && numbersOf(inputs[2]);
  if (scale.length === 1) return { scale, zero, at: () => 0 };
  const [axis = 0] = axesOf([intOf(node, "axis")], dims.length);
  const blockSize = "block_size" in node.attributes ? intOf(node, "block_size") : 0;
  const length = dims[axis] ?? 1;
  const inner = elementCount(dims.slice(axis + 1));
  if (blockSize === 0) return { scale, zero, at: (element) => Math.floor(element / inner) % length };
  const blocks = Math.ceil(length / blockSize);
  const at = (element: number): number => {
    const outer = Math.floor(element / (inner * length));
    const block = Math.floor((Math.floor(element / inner) % length) / blockSize);
    return (outer * blocks + block) * inner + (element % inner);
  };
  return { scale, zero, at };
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(value);
}
