/**
 * Data types of the Open Inference Protocol and the element types of our graphs.
 * @module
 */
import type { HostArray, HostTensor } from "../../runtime/session.ts";
import type { TensorMetadata, TensorSignature } from "../../schemas/index.ts";

type ElementType = TensorSignature["type"];

/** What a type is called in the protocol, and how its elements lie in a binary tensor (little-endian, packed). */
interface Datatype<T extends ElementType> {
  readonly name: string;
  readonly bytes: 1 | 4 | 8;
  readonly array: {
    new (length: number): HostArray[T];
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): HostArray[T];
  };
}

/** Every element type of a graph's border. */
export const datatypes: { readonly [T in ElementType]: Datatype<T> } = {
  float32: { name: "FP32", bytes: 4, array: Float32Array },
  float64: { name: "FP64", bytes: 8, array: Float64Array },
  int32: { name: "INT32", bytes: 4, array: Int32Array },
  int64: { name: "INT64", bytes: 8, array: BigInt64Array },
  uint8: { name: "UINT8", bytes: 1, array: Uint8Array },
  uint32: { name: "UINT32", bytes: 4, array: Uint32Array },
  bool: { name: "BOOL", bytes: 1, array: Uint8Array },
};

/** The tensor over bytes that a message carried; copied where their offset does not suit the type. */
export function tensorOfBytes(type: ElementType, dims: readonly number[], bytes: Uint8Array): HostTensor {
  const { bytes: size, array } = datatypes[type];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const data = new array(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
  // The table pairs each type with its array.
  return { type, dims, data } as HostTensor;
}

/** The bytes of a tensor, in place. Little-endian as the protocol wants: Node runs on nothing else we support. */
export function bytesOfTensor({ data }: HostTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A signature as the protocol shows it. */
export function tensorMetadata({ name, type, dims }: TensorSignature): TensorMetadata {
  const shape = dims.map((dim) => (typeof dim === "string" ? -1 : dim));
  return { name, datatype: datatypes[type].name, shape };
}

/** `[-1,978]`, as Triton writes shapes. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(",")}]`;
}
