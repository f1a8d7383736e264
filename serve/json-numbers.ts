/**
 * JSON text of tensors, piece by piece: between two pieces the event loop is free for other requests.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { float32TextBytes, writeFloat32 } from "../data/write/float32-text.ts";
import type { HostTensor } from "../runtime/session.ts";
import { AppError } from "../schemas/index.ts";

const encoder = new TextEncoder();
const comma = 44;
/** Elements a piece: about 2 ms of work. */
const pieceElements = 16_384;

/** `1,2.5,null` of `values`, each the shortest text that reads as the same float32; what is missing or infinite is null. */
function float32Piece(values: Float32Array): Uint8Array {
  const text = new Uint8Array(values.length * (float32TextBytes + 1));
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text[end++] = comma;
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) end += encoder.encodeInto("null", text.subarray(end)).written;
    else end = writeFloat32(value, text, end);
  }
  return text.subarray(0, end);
}

function piece(tensor: HostTensor, start: number, end: number): Uint8Array {
  if (tensor.type === "float32") return float32Piece(tensor.data.subarray(start, end));
  if (tensor.type !== "bool") return encoder.encode(tensor.data.subarray(start, end).join(","));
  return encoder.encode(Array.from(tensor.data.subarray(start, end), (value) => String(value === 1)).join(","));
}

/** @throws AppError `bad-data` when the tensor holds what JSON cannot say. */
export function requireFinite(name: string, { type, data }: HostTensor): void {
  if (type !== "float32" && type !== "float64") return;
  if (data.every(Number.isFinite)) return;
  throw new AppError("bad-data", {
    what: `${name} holds values that are not finite, which JSON cannot say`,
    advice: "Ask for binary tensors",
  });
}

/** The elements `[start, end)` of a tensor, comma-separated without brackets. */
export function* numberPieces(
  tensor: HostTensor,
  { start = 0, end = tensor.data.length }: { readonly start?: number; readonly end?: number } = {},
): Generator<Uint8Array> {
  for (let at = start; at < end; at += pieceElements) {
    if (at > start) yield encoder.encode(",");
    yield piece(tensor, at, Math.min(end, at + pieceElements));
  }
}

/** A JSON body of pieces, made while it is sent. */
export function jsonStream(pieces: Iterable<Uint8Array | string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.iterator]();
  return new ReadableStream({
    async pull(controller) {
      // Not a microtask: probes and other requests take their turns between the pieces.
      await setImmediate();
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
    },
    cancel() {
      iterator.return?.();
    },
  });
}
