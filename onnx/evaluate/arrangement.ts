/**
 * Operators that move elements: nothing is computed, each result element comes from one place.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import { intOf, intsOf, textOf } from "../attributes.ts";
import { elementCount } from "../element.ts";
import { axesOf, sliceRange } from "../shapes/axis.ts";
import { type Evaluation, type Evaluator, numbersAt, valueAt } from "./evaluator.ts";
import { sourceIndices, stridesOf } from "./indices.ts";
import { type EvalTensor, take, withDims } from "./value.ts";

/** What only the values show: shapes were checked before. */
function unfit({ node }: Evaluation, got: string): AppError {
  return new AppError("bad-data", { what: "values do not fit the data", where: `${node.name} (${node.op})`, got });
}

/** 0 keeps a length (unless `allowzero`), −1 takes what is left. */
export const reshape: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const keepsZero = intOf(evaluation.node, "allowzero") !== 0;
  const asked = Array.from(valueAt(evaluation, 1).data, Number);
  const known = asked.map((length, axis) => (length === 0 && !keepsZero ? (x.dims[axis] ?? 0) : length));
  const rest = elementCount(x.dims) / elementCount(known.filter((length) => length !== -1));
  const dims = known.map((length) => (length === -1 ? rest : length));
  if (elementCount(dims) !== elementCount(x.dims)) throw unfit(evaluation, `[${asked.join(", ")}]`);
  return [withDims(x, dims)];
};

/** A matrix: what is before the axis × what is behind. */
export const flatten: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const axis = intOf(evaluation.node, "axis");
  const at = axis < 0 ? axis + x.dims.length : axis;
  return [withDims(x, [elementCount(x.dims.slice(0, at)), elementCount(x.dims.slice(at))])];
};

export const squeeze: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const axes = numbersAt(evaluation, 1);
  const dropped = axes === undefined ? undefined : axesOf(axes, x.dims.length);
  return [
    withDims(
      x,
      x.dims.filter((length, axis) => (dropped === undefined ? length !== 1 : !dropped.includes(axis))),
    ),
  ];
};

export const unsqueeze: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const axes = numbersAt(evaluation, 1) ?? [];
  const inserted = axesOf(axes, x.dims.length + axes.length).toSorted((a, b) => a - b);
  return [
    withDims(
      x,
      inserted.reduce<readonly number[]>((dims, axis) => dims.toSpliced(axis, 0, 1), x.dims),
    ),
  ];
};

/** Axes in the order of `perm`; reversed by default. */
export const transpose: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const perm = intsOf(evaluation.node, "perm") ?? [...x.dims.keys()].toReversed();
  const strides = stridesOf(x.dims);
  const dims = perm.map((axis) => x.dims[axis] ?? 1);
  const indices = sourceIndices(dims, (axis, position) => position * (strides[perm[axis] ?? 0] ?? 0));
  return [take(x, dims, { indices })];
};

export const gather: Evaluator = (evaluation) => {
  const [x, chosen] = [valueAt(evaluation, 0), valueAt(evaluation, 1)];
  const [axis = 0] = axesOf([intOf(evaluation.node, "axis")], x.dims.length);
  const length = x.dims[axis] ?? 1;
  const rows = Array.from(chosen.data, Number).map((index) => (index < 0 ? index + length : index));
  const outside = rows.find((row) => row < 0 || row >= length);
  if (outside !== undefined) throw unfit(evaluation, `index ${outside} of ${length}`);
  const picked = along(x, axis, { length: rows.length, from: (position) => rows[position] ?? 0 });
  return [withDims(picked, [...x.dims.slice(0, axis), ...chosen.dims, ...x.dims.slice(axis + 1)])];
};

export const slice: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const starts = numbersAt(evaluation, 1) ?? [];
  const ends = numbersAt(evaluation, 2) ?? [];
  const axes = axesOf(numbersAt(evaluation, 3) ?? [...starts.keys()], x.dims.length);
  const steps = numbersAt(evaluation, 4) ?? starts.map(() => 1);
  const result = axes.reduce((value, axis, at) => {
    const step = steps[at] ?? 1;
    const range = sliceRange(x.dims[axis] ?? 1, { start: starts[at] ?? 0, end: ends[at] ?? 0, step });
    return along(value, axis, { length: range.count, from: (position) => range.start + position * step });
  }, x);
  return [result];
};

export const concat: Evaluator = (evaluation) => {
  const parts = evaluation.inputs.map((_, index) => valueAt(evaluation, index));
  const first = valueAt(evaluation, 0);
  const [axis = 0] = axesOf([intOf(evaluation.node, "axis")], first.dims.length);
  const dims = first.dims.with(
    axis,
    parts.reduce((length, part) => length + (part.dims[axis] ?? 0), 0),
  );
  const values: (number | bigint)[] = [];
  for (let outer = 0; outer < elementCount(dims.slice(0, axis)); outer++) {
    for (const part of parts) {
      const block = elementCount(part.dims.slice(axis));
      for (const value of part.data.subarray(outer * block, (outer + 1) * block)) values.push(value);
    }
  }
  if (first.type === "int64") return [{ type: first.type, dims, data: BigInt64Array.from(values, BigInt) }];
  return [{ type: first.type, dims, data: Float64Array.from(values, Number) }];
};

/** Parts of the given lengths, or equal ones; the last may be shorter. */
export const split: Evaluator = (evaluation) => {
  const { node } = evaluation;
  const x = valueAt(evaluation, 0);
  const [axis = 0] = axesOf([intOf(node, "axis")], x.dims.length);
  const length = x.dims[axis] ?? 0;
  const equal = Math.ceil(length / node.outputs.length);
  const lengths = numbersAt(evaluation, 1) ?? node.outputs.map((_, part) => Math.min(equal, length - part * equal));
  let start = 0;
  return lengths.map((part) => {
    const first = start;
    start += part;
    return along(x, axis, { length: part, from: (position) => first + position });
  });
};

/** Around each axis: a constant, the edge element, or the mirror image without the edge; negative pads remove. */
export const pad: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const pads = numbersAt(evaluation, 1) ?? [];
  const axes = axesOf(numbersAt(evaluation, 3) ?? [...x.dims.keys()], x.dims.length);
  const mode = textOf(evaluation.node, "mode");
  const fill = evaluation.inputs[2]?.data[0] ?? 0;
  const result = axes.reduce((value, axis, at) => {
    const [before, after] = [pads[at] ?? 0, pads[at + axes.length] ?? 0];
    const length = x.dims[axis] ?? 1;
    const from = (position: number): number => padded(position - before, { length, mode });
    return along(value, axis, { length: length + before + after, from, fill: Number(fill) });
  }, x);
  return [result];
};

/** Where a padded position takes its element from; NaN for the constant. */
function padded(position: number, { length, mode }: { readonly length: number; readonly mode: string }): number {
  if (position >= 0 && position < length) return position;
  if (mode === "constant") return Number.NaN;
  if (mode === "edge") return position < 0 ? 0 : length - 1;
  return position < 0 ? -position : 2 * (length - 1) - position;
}

interface Pick {
  readonly length: number;
  /** Source position of each position; NaN takes `fill`. */
  readonly from: (position: number) => number;
  readonly fill?: number;
}

/** Picks positions along one axis. */
function along(x: EvalTensor, axis: number, { length, from, fill = 0 }: Pick): EvalTensor {
  const strides = stridesOf(x.dims);
  const dims = x.dims.with(axis, length);
  const indices = sourceIndices(dims, (at, position) => (at === axis ? from(position) : position) * (strides[at] ?? 0));
  return take(x, dims, { indices, fill });
}
