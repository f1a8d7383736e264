import { fromHalf } from "./half.ts";

/** Types of stored numbers, little-endian. */
export type CellType =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "float32"
  | "float64";

/** Bytes of one number. */
export const cellBytes: { readonly [Type in CellType]: number } = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
};

type ArrayType = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayLike<number>;

const arrays: { readonly [Type in Exclude<CellType, "int64" | "uint64" | "float16">]: ArrayType } = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Copies numbers out of their bytes, which may lie at any address; `into` is as long as there are whole numbers. */
export function readNumbers(bytes: Uint8Array, type: CellType, into: Float32Array | Float64Array): void {
  // A copy of its own is aligned, a view may not be.
  const isAligned = bytes.byteOffset % cellBytes[type] === 0;
  const { buffer, byteOffset } = isAligned ? bytes : Uint8Array.from(bytes);
  const count = into.length;
  if (type === "float16") {
    const halves = new Float32Array(count);
    fromHalf(new Uint16Array(buffer, byteOffset, count), halves);
    into.set(halves);
  } else if (type === "int64" || type === "uint64") {
    const view = new DataView(buffer, byteOffset);
    for (let i = 0; i < count; i++)
      into[i] = Number(type === "int64" ? view.getBigInt64(8 * i, true) : view.getBigUint64(8 * i, true));
  } else into.set(new arrays[type](buffer, byteOffset, count));
}
