/**
 * Tensor data as the bytes of `raw_data`: little-endian, as every platform with an ONNX Runtime is.
 * @module
 */
import { elementArrays, elementBytes } from "../element.ts";
import type { ElementArray, ElementType, Tensor } from "../graph.ts";

/** A view of a tensor's bytes; nothing is copied. */
export function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Elements over bytes: a view where the address is aligned, else a copy. `bytes.length` is a multiple of the size. */
export function arrayOver<T extends ElementType>(type: T, bytes: Uint8Array): ElementArray[T] {
  const size = elementBytes[type];
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  return new elementArrays[type](aligned.buffer, aligned.byteOffset, bytes.length / size);
}
