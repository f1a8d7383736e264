/**
 * Element types: their ONNX codes, sizes and arrays.
 * @module
 */
import type { ElementArray, ElementType, Tensor } from "./graph.ts";
import { halfBits } from "./half.ts";

/** `TensorProto.DataType` of each type (onnx.proto); as `bigint`, because that is what `Cast`'s `to` attribute takes. */
export const elementCodes: { readonly [T in ElementType]: bigint } = {
  float32: 1n,
  uint8: 2n,
  int8: 3n,
  int32: 6n,
  int64: 7n,
  bool: 9n,
  float16: 10n,
  float64: 11n,
  uint32: 12n,
  int4: 22n,
};

/** Bytes of one element as ONNX stores it: int4 lies two to a byte. */
export const elementBytes: { readonly [T in ElementType]: 0.5 | 1 | 2 | 4 | 8 } = {
  float32: 4,
  float64: 8,
  float16: 2,
  int4: 0.5,
  int8: 1,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint32: 4,
  bool: 1,
};

type Constructors = {
  readonly [T in ElementType]: {
    new (length: number): ElementArray[T];
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): ElementArray[T];
  };
};

/** The array class of each type. */
export const elementArrays: Constructors = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int4: Int8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint32: Uint32Array,
  bool: Uint8Array,
};

/** All types, in the order of the table above. */
export const elementTypes = Object.keys(elementBytes) as readonly ElementType[];

/** The type with an ONNX code, or `undefined` for a type that is not in use. */
export function elementTypeOf(code: bigint | number): ElementType | undefined {
  return elementTypes.find((type) => elementCodes[type] === BigInt(code));
}

/** Product of lengths; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}

/** Bytes that a tensor of `count` elements takes in `raw_data`. */
export function storedBytes(type: ElementType, count: number): number {
  return Math.ceil(count * elementBytes[type]);
}

/** A tensor of numbers, rounded and wrapped as the type's array does; bool is `value ≠ 0`. */
export function tensorFrom(type: ElementType, dims: readonly number[], values: ArrayLike<number | bigint>): Tensor {
  if (type === "int64") return { type, dims, data: BigInt64Array.from(values, BigInt) };
  const data = new elementArrays[type](values.length);
  for (let index = 0; index < values.length; index++) {
    const value = Number(values[index]);
    if (type === "float16") data[index] = halfBits(value);
    else if (type === "bool") data[index] = Number(value !== 0);
    else data[index] = type === "int4" ? (value << 28) >> 28 : value;
  }
  // `elementArrays` pairs the type with its array; the union cannot say so.
  return { type, dims, data } as Tensor;
}

/** A row-major int64 vector `[values.length]`: what shapes, axes and slice bounds are made of. */
export function intVector(values: readonly (number | bigint)[]): Tensor {
  return { type: "int64", dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}
