import { halfValue } from "../../onnx/half.ts";
import { AppError } from "../../schemas/index.ts";
import type { WeightEntry } from "./model-json.ts";

const itemBytes = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

/** Bytes of one stored element: of the quantised type where the weight is quantised. */
export function itemBytesOf({ dtype, quantization }: WeightEntry): number {
  return itemBytes[quantization?.dtype ?? dtype];
}

/** Item `i` of stored bytes by stored type: little-endian, like everything tfjs writes. */
const readers: { readonly [T in keyof typeof itemBytes]: (view: DataView, i: number) => number } = {
  uint8: (view, i) => view.getUint8(i),
  bool: (view, i) => view.getUint8(i),
  uint16: (view, i) => view.getUint16(2 * i, true),
  float16: (view, i) => halfValue(view.getUint16(2 * i, true)),
  int32: (view, i) => view.getInt32(4 * i, true),
  float32: (view, i) => view.getFloat32(4 * i, true),
};

/**
 * Turns stored elements of a weight into float32 ones in the caller's array: value = stored · scale + min (tfjs-core
 * `io_utils.ts`), rounded to an integer for int32.
 * @throws AppError `bad-model` for integers that float32 cannot hold.
 */
export function dequantise(entry: WeightEntry, bytes: Uint8Array, into: Float32Array): void {
  const { name, dtype, quantization } = entry;
  const stored = quantization?.dtype ?? dtype;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { scale, min } = quantization !== undefined && "scale" in quantization ? quantization : { scale: 1, min: 0 };
  for (let i = 0; i < into.length; i++) {
    const value = readers[stored](view, i) * scale + min;
    into[i] = dtype === "int32" ? Math.round(value) : value;
    if (dtype === "int32" && into[i] !== Math.round(value))
      throw new AppError("bad-model", {
        what: `weight '${name}' holds an integer that float32 cannot hold`,
        where: "model.json",
        got: String(value),
      });
  }
}
