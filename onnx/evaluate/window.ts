/**
 * Operators that move a window over the axes behind batch and channels, in float64 (formulas: ONNX Operators.md).
 * @module
 */
import { intOf, intsOf } from "../attributes.ts";
import { elementCount } from "../element.ts";
import { span, type WindowAttributes, windowOf } from "../shapes/window.ts";
import { type Evaluation, type Evaluator, valueAt } from "./evaluator.ts";
import { stridesOf } from "./indices.ts";
import { numbersOf, realTensor } from "./value.ts";

/** Where one element of the kernel lies on the data: both as flat indices. */
interface Tap {
  readonly kernel: number;
  readonly data: number;
}

/** Data and places of a window, in lengths of the spatial axes. */
interface Grid {
  readonly window: WindowAttributes;
  readonly data: readonly number[];
  readonly places: readonly number[];
}

/** For every place of the window, row-major, the taps that are on the data and not on padding. */
function tapsOf({ window, data, places }: Grid): readonly (readonly Tap[])[] {
  const [dataStrides, kernelStrides] = [stridesOf(data), stridesOf(window.kernel)];
  const at = (place: readonly number[]): readonly Tap[] =>
    data.reduce<readonly Tap[]>(
      (taps, length, axis) =>
        taps.flatMap((tap) =>
          Array.from({ length: window.kernel[axis] ?? 1 }, (_, k) => {
            const start = (place[axis] ?? 0) * (window.strides[axis] ?? 1) - (window.before[axis] ?? 0);
            return { k, position: start + k * (window.dilations[axis] ?? 1) };
          })
            .filter(({ position }) => position >= 0 && position < length)
            .map(({ k, position }) => ({
              kernel: tap.kernel + k * (kernelStrides[axis] ?? 1),
              data: tap.data + position * (dataStrides[axis] ?? 1),
            })),
        ),
      [{ kernel: 0, data: 0 }],
    );
  const strides = stridesOf(places);
  return Array.from({ length: elementCount(places) }, (_, flat) =>
    at(places.map((length, axis) => Math.floor(flat / (strides[axis] ?? 1)) % length)),
  );
}

function placesOf(window: WindowAttributes, data: readonly number[]): readonly number[] {
  return data.map((length, axis) => {
    const padded = length + (window.before[axis] ?? 0) + (window.behind[axis] ?? 0);
    return Math.floor((padded - span(window, axis)) / (window.strides[axis] ?? 1)) + 1;
  });
}

/** A pool: the values under each place of the window become one. */
function pooling(join: (values: readonly number[], kernelSize: number, evaluation: Evaluation) => number): Evaluator {
  return (evaluation) => {
    const x = valueAt(evaluation, 0);
    const data = x.dims.slice(2);
    const window = windowOf(evaluation.node, data.length);
    const places = placesOf(window, data);
    const taps = tapsOf({ window, data, places });
    const [size, kernelSize] = [elementCount(data), elementCount(window.kernel)];
    const values = numbersOf(x);
    const result = Array.from({ length: elementCount(x.dims.slice(0, 2)) }, (_, plane) =>
      taps.map((under) =>
        join(
          under.map((tap) => values[plane * size + tap.data] ?? 0),
          kernelSize,
          evaluation,
        ),
      ),
    ).flat();
    return [realTensor(x.type, [...x.dims.slice(0, 2), ...places], result)];
  };
}

export const maxPool = pooling((values) => Math.max(...values));
/** Padding counts only with `count_include_pad`. */
export const averagePool = pooling((values, kernelSize, { node }) => {
  const count = intOf(node, "count_include_pad") === 0 ? values.length : kernelSize;
  return values.reduce((sum, value) => sum + value, 0) / count;
});

/** y[n, m, p] = b[m] + Σ x[n, c, tap]·w[m, c, tap] over the channels of m's group. */
export const conv: Evaluator = (evaluation) => {
  const [x, w, b] = [valueAt(evaluation, 0), valueAt(evaluation, 1), evaluation.inputs[2]];
  const [batch = 1, inputs = 1, ...data] = x.dims;
  const [outputs = 1, depth = 1, ...kernel] = w.dims;
  const window = windowOf(evaluation.node, data.length, kernel);
  const places = placesOf(window, data);
  const taps = tapsOf({ window, data, places });
  const [size, kernelSize] = [elementCount(data), elementCount(kernel)];
  const [xs, ws, bias] = [numbersOf(x), numbersOf(w), b === undefined ? undefined : numbersOf(b)];
  const perGroup = outputs / (inputs / depth);
  const result: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < outputs; m++)
      for (const under of taps) {
        let total = bias?.[m] ?? 0;
        for (let c = 0; c < depth; c++) {
          const plane = (n * inputs + Math.floor(m / perGroup) * depth + c) * size;
          const weights = (m * depth + c) * kernelSize;
          for (const tap of under) total += (xs[plane + tap.data] ?? 0) * (ws[weights + tap.kernel] ?? 0);
        }
        result.push(total);
      }
  return [realTensor(x.type, [batch, outputs, ...places], result)];
};

/** The transpose of the linear map that a convolution with the same window is: x[n, c, p] goes to p's taps. */
export const convTranspose: Evaluator = (evaluation) => {
  const { node } = evaluation;
  const [x, w, b] = [valueAt(evaluation, 0), valueAt(evaluation, 1), evaluation.inputs[2]];
  const [batch = 1, inputs = 1, ...places] = x.dims;
  const [, depth = 1, ...kernel] = w.dims;
  const group = intOf(node, "group");
  const outputs = depth * group;
  const window = windowOf(node, places.length, kernel);
  const added = intsOf(node, "output_padding") ?? places.map(() => 0);
  const data = places.map((length, axis) => {
    const extra = added[axis] ?? 0;
    const cut = (window.before[axis] ?? 0) + (window.behind[axis] ?? 0);
    return (window.strides[axis] ?? 1) * (length - 1) + extra + span(window, axis) - cut;
  });
  const taps = tapsOf({ window, data, places });
  const [size, kernelSize] = [elementCount(data), elementCount(kernel)];
  const [xs, ws, bias] = [numbersOf(x), numbersOf(w), b === undefined ? undefined : numbersOf(b)];
  const result = Float64Array.from(
    { length: batch * outputs * size },
    (_, at) => bias?.[Math.floor(at / size) % outputs] ?? 0,
  );
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < inputs; c++)
      for (let d = 0; d < depth; d++) {
        const m = Math.floor(c / (inputs / group)) * depth + d;
        const [plane, weights] = [(n * outputs + m) * size, (c * depth + d) * kernelSize];
        for (const [place, under] of taps.entries()) {
          const value = xs[(n * inputs + c) * taps.length + place] ?? 0;
          for (const tap of under)
            result[plane + tap.data] = (result[plane + tap.data] ?? 0) + value * (ws[weights + tap.kernel] ?? 0);
        }
      }
  return [realTensor(x.type, [batch, outputs, ...data], result)];
};
