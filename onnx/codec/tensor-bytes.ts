/**
 * Tensor data as the bytes of `raw_data`: little-endian, as every platform with an ONNX Runtime is.
 * @module
 */
import { elementArrays, elementBytes, elementCount, storedBytes } from "../element.ts";
import type { ElementArray, ElementType, Tensor } from "../graph.ts";
import { StoredTensor } from "../stored-tensor.ts";

/** Bytes that a tensor's data takes in a file. */
export function storedLength({ type, dims }: Tensor): number {
  return storedBytes(type, elementCount(dims));
}

/** A tensor's bytes in order: one view, or the parts of a {@link StoredTensor}, each valid until the next is asked for. */
export function* piecesOf(tensor: Tensor): Generator<Uint8Array, void> {
  if (!(tensor instanceof StoredTensor)) {
    yield bytesOf(tensor);
    return;
  }
  let length = 0;
  for (const { buffer, byteOffset, byteLength } of tensor.parts()) {
    yield new Uint8Array(buffer, byteOffset, byteLength);
    length += byteLength;
  }
  // Whatever follows would lie elsewhere than the file says.
  if (length !== storedLength(tensor)) throw new Error(`a tensor's parts are ${length} bytes: not what its dims say`);
}

/** A view of a tensor's bytes, nothing is copied; int4 is packed, the even element in the low half of its byte. */
export function bytesOf({ type, data }: Tensor): Uint8Array {
  if (type === "int4") return packed(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** `count` elements over bytes: a view where the address is aligned, else a copy, as int4 is always. */
export function arrayOver<T extends ElementType>(type: T, bytes: Uint8Array, count: number): ElementArray[T] {
  const array = elementArrays[type];
  if (type === "int4") {
    const unpacked = new array(count);
    for (let at = 0; at < count; at++) unpacked[at] = ((bytes[at >> 1] ?? 0) << (at % 2 === 0 ? 28 : 24)) >> 28;
    return unpacked;
  }
  const aligned = bytes.byteOffset % elementBytes[type] === 0 ? bytes : Uint8Array.from(bytes);
  return new array(aligned.buffer, aligned.byteOffset, count);
}

function packed(values: Int8Array): Uint8Array {
  const bytes = new Uint8Array(storedBytes("int4", values.length));
  for (let at = 0; at < values.length; at++)
    bytes[at >> 1] = (bytes[at >> 1] ?? 0) | (((values[at] ?? 0) & 15) << (4 * (at % 2)));
  return bytes;
}
