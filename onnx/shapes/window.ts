/**
 * Shapes of operators that move a window over the axes behind batch and channels: Conv, ConvTranspose, MaxPool,
 * AveragePool. Pads are explicit: `auto_pad` is a choice that providers have got wrong (onnxruntime issue 26734).
 * @module
 */
import { intOf, intsOf, textOf } from "../attributes.ts";
import type { Dim, Node } from "../graph.ts";
import { type Call, dimsText, misfit, operand, type ShapeRule } from "./call.ts";

/** How a window moves, a number a spatial axis. */
export interface WindowAttributes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before each axis. */
  readonly before: readonly number[];
  /** Padding behind each axis. */
  readonly behind: readonly number[];
}

/** A node's window over `rank` spatial axes; `kernel` stands in where the node has no `kernel_shape`. */
export function windowOf(node: Node, rank: number, kernel: readonly number[] = []): WindowAttributes {
  const ones = Array.from({ length: rank }, () => 1);
  const pads = intsOf(node, "pads") ?? Array.from({ length: 2 * rank }, () => 0);
  return {
    kernel: intsOf(node, "kernel_shape") ?? kernel,
    strides: intsOf(node, "strides") ?? ones,
    dilations: intsOf(node, "dilations") ?? ones,
    before: pads.slice(0, rank),
    behind: pads.slice(rank),
  };
}

/** Positions that a kernel of this length spans. */
export function span({ kernel, dilations }: WindowAttributes, axis: number): number {
  return ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
}

/** [N, C, …] with known spatial lengths. */
function spatial(call: Call): { readonly batch: Dim; readonly channelCount: Dim; readonly lengths: readonly number[] } {
  const { dims } = operand(call, 0);
  const [batch = 1, channelCount = 1, ...rest] = dims;
  const lengths = rest.filter((dim) => typeof dim === "number");
  if (dims.length < 3 || lengths.length < rest.length)
    throw misfit(call, { index: 0, what: "not [N, C, …] of known lengths", got: dimsText(dims) });
  return { batch, channelCount, lengths };
}

/** Refuses what a window of `rank` axes cannot be. */
function checkWindow(call: Call, window: WindowAttributes, rank: number): void {
  if (textOf(call.node, "auto_pad") !== "NOTSET")
    throw misfit(call, { what: "attribute auto_pad", expected: "NOTSET and explicit pads" });
  const positive = [window.kernel, window.strides, window.dilations];
  const pads = [window.before, window.behind];
  const whole =
    [...positive, ...pads].every((values) => values.length === rank && values.every(Number.isSafeInteger)) &&
    positive.every((values) => values.every((value) => value > 0)) &&
    pads.every((values) => values.every((value) => value >= 0));
  if (!whole) {
    const got = [...positive, ...pads].map(dimsText).join(" ");
    throw misfit(call, { what: `kernel, strides, dilations, pads do not fit ${rank} spatial axes`, got });
  }
}

/** Places of the window along each axis. */
function places(call: Call, window: WindowAttributes, lengths: readonly number[]): readonly number[] {
  return lengths.map((length, axis) => {
    const padded = length + (window.before[axis] ?? 0) + (window.behind[axis] ?? 0);
    if (padded < span(window, axis))
      throw misfit(call, { what: `the window is longer than axis ${axis + 2}`, expected: `at most ${padded}` });
    return Math.floor((padded - span(window, axis)) / (window.strides[axis] ?? 1)) + 1;
  });
}

/** Channels in and out of a kernel whose first two axes are given, in groups. */
function outputChannels(call: Call, found: Dim, axis: 0 | 1): number {
  const group = intOf(call.node, "group");
  const [first, second] = operand(call, 1).dims;
  const fits = typeof first === "number" && typeof second === "number" && group > 0 && first % group === 0;
  const taken = fits ? (axis === 1 ? second * group : first) : 0;
  if (!fits || (typeof found === "number" && found !== taken))
    throw misfit(call, { index: 1, what: "the kernel does not fit the channels", expected: String(found) });
  return axis === 1 ? first : second * group;
}

function kernelDims(call: Call, rank: number): readonly number[] {
  const { dims } = operand(call, 1);
  const lengths = dims.slice(2).filter((dim) => typeof dim === "number");
  const given = intsOf(call.node, "kernel_shape") ?? lengths;
  if (lengths.length !== rank || dims.length !== rank + 2 || given.join() !== lengths.join())
    throw misfit(call, {
      index: 1,
      what: "the kernel has other axes",
      expected: `${rank} spatial`,
      got: dimsText(dims),
    });
  return lengths;
}

function checkBias(call: Call, outputs: number): void {
  const bias = call.inputs[2];
  if (bias !== undefined && dimsText(bias.dims) !== dimsText([outputs]))
    throw misfit(call, { index: 2, what: "the bias", expected: dimsText([outputs]), got: dimsText(bias.dims) });
}

/** [N, C, …] and W [M, C/group, k…] → [N, M, …]. */
export const conv: ShapeRule = (call) => {
  const { batch, channelCount, lengths } = spatial(call);
  const window = windowOf(call.node, lengths.length, kernelDims(call, lengths.length));
  checkWindow(call, window, lengths.length);
  const outputs = outputChannels(call, channelCount, 1);
  checkBias(call, outputs);
  return [{ type: operand(call, 0).type, dims: [batch, outputs, ...places(call, window, lengths)] }];
};

/** [N, C, …] and W [C, M/group, k…] → [N, M, …]: the places that a convolution back would take. */
export const convTranspose: ShapeRule = (call) => {
  const { batch, channelCount, lengths } = spatial(call);
  const window = windowOf(call.node, lengths.length, kernelDims(call, lengths.length));
  checkWindow(call, window, lengths.length);
  const outputs = outputChannels(call, channelCount, 0);
  checkBias(call, outputs);
  const added = intsOf(call.node, "output_padding") ?? lengths.map(() => 0);
  const dims = lengths.map((length, axis) => {
    const [stride = 1, extra = 0] = [window.strides[axis], added[axis]];
    const cut = (window.before[axis] ?? 0) + (window.behind[axis] ?? 0);
    const result = stride * (length - 1) + extra + span(window, axis) - cut;
    if (result < 1 || extra < 0 || added.length !== lengths.length)
      throw misfit(call, { what: `axis ${axis + 2} would have no elements`, got: dimsText(added) });
    return result;
  });
  return [{ type: operand(call, 0).type, dims: [batch, outputs, ...dims] }];
};

/** [N, C, …] → [N, C, …], one value a place of the window. */
export const pool: ShapeRule = (call) => {
  const { batch, channelCount, lengths } = spatial(call);
  const window = windowOf(call.node, lengths.length);
  checkWindow(call, window, lengths.length);
  if (intOf(call.node, "ceil_mode") !== 0) throw misfit(call, { what: "attribute ceil_mode", expected: "0" });
  // A place that sees padding only has neither a mean nor a maximum.
  const outside = lengths.findIndex(
    (_, axis) => Math.max(window.before[axis] ?? 0, window.behind[axis] ?? 0) >= (window.kernel[axis] ?? 1),
  );
  if (outside >= 0) throw misfit(call, { what: `pads as long as the kernel on axis ${outside + 2}` });
  return [{ type: operand(call, 0).type, dims: [batch, channelCount, ...places(call, window, lengths)] }];
};
