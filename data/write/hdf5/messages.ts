/**
 * Messages of version 1 object headers, as bytes: the part of the HDF5 File Format Specification (version 1.1,
 * sections IV.A.1.a and IV.A.2) that contiguous, fixed-size datasets need. HDF5 ≥ 1.6 reads them.
 * @module
 */
import { joinedArrays } from "../../joined-arrays.ts";

const encoder = new TextEncoder();
const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Bytes end to end. */
export const joined = (pieces: readonly Uint8Array[]): Uint8Array => joinedArrays(pieces, Uint8Array);

function bytesOf(length: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  write(new DataView(bytes.buffer));
  return bytes;
}

/** Datatype messages of little-endian numbers: class and version, bit field, size, properties (IV.A.2.d). */
export const numberType = {
  float32: Uint8Array.of(0x11, 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0),
  float64: Uint8Array.of(0x11, 0x20, 0x3f, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3, 0, 0),
  // The bits from the top: sign 15, exponent 5 from bit 10 with bias 15, fraction 10; normalised like the others.
  float16: Uint8Array.of(0x11, 0x20, 0x0f, 0, 2, 0, 0, 0, 0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0),
  int32: Uint8Array.of(0x10, 0x08, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0),
} as const;

/** Datatype of ASCII strings of `width` ≥ 1 bytes, padded with NULs. */
export function stringType(width: number): Uint8Array {
  return bytesOf(8, (view) => {
    view.setUint8(0, 0x13);
    view.setUint8(1, 0x01);
    view.setUint32(4, width, true);
  });
}

/** Dataspace of fixed dimensions; none makes a scalar (IV.A.2.b). */
function dataspace(dims: readonly number[]): Uint8Array {
  return bytesOf(8 + 8 * dims.length, (view) => {
    view.setUint8(0, 1);
    view.setUint8(1, dims.length);
    dims.forEach((dim, i) => view.setBigUint64(8 + 8 * i, BigInt(dim), true));
  });
}

/** Contiguous layout, version 3: address and size of the raw data (IV.A.2.i). */
function contiguous(address: number, bytes: number): Uint8Array {
  return bytesOf(18, (view) => {
    view.setUint8(0, 3);
    view.setUint8(1, 1);
    view.setBigUint64(2, BigInt(address), true);
    view.setBigUint64(10, BigInt(bytes), true);
  });
}

/** Fill value, version 2: late allocation, written if set, the default value 0 (IV.A.2.f). */
const fillValue = Uint8Array.of(2, 2, 2, 1, 0, 0, 0, 0);

/** One message: type, padded size, flags, data. */
export function message(type: number, data: Uint8Array, flags = 0): Uint8Array {
  const size = padded(data.length);
  const bytes = bytesOf(8 + size, (view) => {
    view.setUint16(0, type, true);
    view.setUint16(2, size, true);
    view.setUint8(4, flags);
  });
  bytes.set(data, 8);
  return bytes;
}

/** A version 1 object header with its messages (IV.A.1.a). */
export function objectHeader(messages: readonly Uint8Array[]): Uint8Array {
  const body = joined(messages);
  const prefix = bytesOf(16, (view) => {
    view.setUint8(0, 1);
    view.setUint16(2, messages.length, true);
    view.setUint32(4, 1, true);
    view.setUint32(8, body.length, true);
  });
  return joined([prefix, body]);
}

/** What a dataset's object header says. */
export interface DatasetShape {
  readonly type: Uint8Array;
  readonly dims: readonly number[];
  /** Where its raw data lies, and how long it is. */
  readonly address: number;
  readonly bytes: number;
}

/** Object header of a contiguous dataset; its length does not depend on `address`. */
export function datasetHeader({ type, dims, address, bytes }: DatasetShape): Uint8Array {
  return objectHeader([
    message(0x01, dataspace(dims)),
    // The datatype never changes: flag 1, constant.
    message(0x03, type, 1),
    message(0x05, fillValue),
    message(0x08, contiguous(address, bytes)),
  ]);
}

/** Most bytes of an attribute's value: a message's size is a 16-bit number, and its head needs some of it. */
export const maxAttributeBytes = 60_000;

/** A scalar ASCII string attribute (IV.A.2.m); `value` has at most {@link maxAttributeBytes} characters. */
export function attribute(name: string, value: string): Uint8Array {
  const nameBytes = encoder.encode(`${name}\0`);
  // A string type of size 0 does not exist: the empty string is one NUL.
  const valueBytes = encoder.encode(value === "" ? "\0" : value);
  const type = stringType(valueBytes.length);
  const space = dataspace([]);
  const head = bytesOf(8, (view) => {
    view.setUint8(0, 1);
    view.setUint16(2, nameBytes.length, true);
    view.setUint16(4, type.length, true);
    view.setUint16(6, space.length, true);
  });
  const aligned = [nameBytes, type, space].map((part) =>
    joined([part, new Uint8Array(padded(part.length) - part.length)]),
  );
  return message(0x0c, joined([head, ...aligned, valueBytes]));
}
