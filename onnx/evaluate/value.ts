/**
 * Tensors of the reference evaluator: float64 for everything but int64, which is exact as bigint.
 * @module
 */
import { elementCount, tensorFrom } from "../element.ts";
import type { ElementType, Tensor } from "../graph.ts";
import { halfValue } from "../half.ts";

/** A tensor with values in float64; its type says what it stands for. Small integers are exact, bool is 0 or 1. */
export interface RealTensor {
  readonly type: Exclude<ElementType, "int64">;
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** A tensor of int64. */
export interface BigTensor {
  readonly type: "int64";
  readonly dims: readonly number[];
  readonly data: BigInt64Array;
}

export type EvalTensor = RealTensor | BigTensor;

/** A stored tensor for the evaluator; int64 data is shared, other data converted. */
export function toEval({ type, dims, data }: Tensor): EvalTensor {
  if (type === "int64") return { type, dims, data };
  if (type === "float16") return { type, dims, data: Float64Array.from(data, halfValue) };
  return { type, dims, data: Float64Array.from(data) };
}

/** The evaluator's tensor as it would be stored: floats rounded to their type. */
export function fromEval({ type, dims, data }: EvalTensor): Tensor {
  return tensorFrom(type, dims, data);
}

/** A tensor of any type from numbers; integers wrap around as two's complement. */
export function realTensor(type: ElementType, dims: readonly number[], values: ArrayLike<number>): EvalTensor {
  if (type === "int64") return { type, dims, data: BigInt64Array.from(values, (value) => BigInt(Math.trunc(value))) };
  return { type, dims, data: Float64Array.from(values, wrapping[type]) };
}

/** A tensor of an integer type from exact integers, which wrap around as two's complement. */
export function integerTensor(type: ElementType, dims: readonly number[], values: readonly bigint[]): EvalTensor {
  if (type === "int64") return { type, dims, data: BigInt64Array.from(values) };
  return { type, dims, data: Float64Array.from(values, (value) => wrapping[type](Number(BigInt.asIntN(32, value)))) };
}

const same = (value: number): number => value;

/** What a result of float64 arithmetic becomes in a type; floats stay unrounded: they are the oracle. */
const wrapping: { readonly [T in RealTensor["type"]]: (value: number) => number } = {
  float16: same,
  float32: same,
  float64: same,
  bool: (value) => Number(value !== 0),
  int4: (value) => (value << 28) >> 28,
  int8: (value) => (value << 24) >> 24,
  int32: (value) => value | 0,
  uint8: (value) => value & 255,
  uint32: (value) => value >>> 0,
};

/** True for the float types. */
export function isFloat(type: ElementType): boolean {
  return type === "float16" || type === "float32" || type === "float64";
}

/** All values as numbers; int64 beyond 2⁵³ loses its last digits. */
export function numbersOf({ data }: EvalTensor): Float64Array {
  return data instanceof Float64Array ? data : Float64Array.from(data, Number);
}

/** All values of an integer tensor as bigints. */
export function integersOf({ data }: EvalTensor): BigInt64Array {
  return data instanceof BigInt64Array ? data : BigInt64Array.from(data, BigInt);
}

/** Elements `indices` of a tensor under new dims; −1 takes `fill`. */
export function take(
  tensor: EvalTensor,
  dims: readonly number[],
  { indices, fill = 0 }: { readonly indices: Int32Array; readonly fill?: number },
): EvalTensor {
  const count = elementCount(dims);
  if (tensor.type === "int64") {
    const data = new BigInt64Array(count);
    for (let at = 0; at < count; at++) data[at] = tensor.data[indices[at] ?? 0] ?? BigInt(fill);
    return { type: tensor.type, dims, data };
  }
  const data = new Float64Array(count);
  for (let at = 0; at < count; at++) data[at] = tensor.data[indices[at] ?? 0] ?? fill;
  return { type: tensor.type, dims, data };
}

/** The same elements under new dims. */
export function withDims(tensor: EvalTensor, dims: readonly number[]): EvalTensor {
  return { ...tensor, dims };
}
