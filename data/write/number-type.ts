/** Number types of metadata columns. */
export type NumberType = "float32" | "float64" | "int32";

/** Bytes of one number of a type. */
export const numberBytes = { float32: 4, float64: 8, int32: 4 } as const satisfies Record<NumberType, number>;

/** The type that a column of numbers is written as: int32 where all of them are integers in range (-0 is none). */
export function numberTypeOf(values: Float64Array): "int32" | "float64" {
  return values.every((value) => Object.is(value | 0, value)) ? "int32" : "float64";
}

/** Little-endian bytes of a column; belongs to the caller. */
export function numberColumnBytes(values: Float64Array, type: "int32" | "float64"): Uint8Array {
  const bytes = new Uint8Array(values.length * numberBytes[type]);
  const view = new DataView(bytes.buffer);
  if (type === "int32") values.forEach((value, i) => view.setInt32(4 * i, value, true));
  else values.forEach((value, i) => view.setFloat64(8 * i, value, true));
  return bytes;
}
