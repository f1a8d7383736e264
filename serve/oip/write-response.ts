/**
 * Answers of the Open Inference Protocol: JSON, or a JSON header with binary tensors behind it.
 * @module
 */
import type { HostTensor } from "../../runtime/session.ts";
import { jsonStream, numberPieces, requireFinite } from "../json-numbers.ts";
import { bytesOfTensor, datatypes } from "./datatypes.ts";
import { headerLengthHeader } from "./parse-request.ts";

/** An output with its tensor. */
export interface ComputedOutput {
  readonly name: string;
  readonly tensor: HostTensor;
  readonly isBinary: boolean;
}

/** What an answer says beside its tensors. */
export interface AnswerHead {
  readonly model: string;
  readonly version: number;
  /** Echoed. */
  readonly id?: string | undefined;
}

/** An answer's body and headers. */
export interface EncodedAnswer {
  readonly body: ReadableStream<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
}

const encoder = new TextEncoder();

/** The JSON of an answer; binary tensors are declared by their size. */
function* jsonPieces(
  { model, version, id }: AnswerHead,
  outputs: readonly ComputedOutput[],
): Generator<Uint8Array | string> {
  const head = JSON.stringify({ model_name: model, model_version: String(version), ...(id !== undefined && { id }) });
  yield `${head.slice(0, -1)},"outputs":[`;
  for (const [i, { name, tensor, isBinary }] of outputs.entries()) {
    const declared = {
      name,
      datatype: datatypes[tensor.type].name,
      shape: tensor.dims,
      ...(isBinary && { parameters: { binary_data_size: tensor.data.byteLength } }),
    };
    const text = JSON.stringify(declared);
    if (i > 0) yield ",";
    if (isBinary) yield text;
    else {
      yield `${text.slice(0, -1)},"data":[`;
      yield* numberPieces(tensor);
      yield "]}";
    }
  }
  yield "]}";
}

/** Pieces end to end, padded with spaces to whole eights: tensors behind it can be read in place. */
function paddedBytes(pieces: Iterable<Uint8Array | string>): Uint8Array {
  const parts = [...pieces].map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8).fill(32);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** The bytes in order, without a copy. */
function streamOf(parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) if (part.byteLength > 0) controller.enqueue(part);
      controller.close();
    },
  });
}

/**
 * Encodes an answer; tensors are sent from where they lie.
 * @throws AppError `bad-data` when a tensor wanted as JSON is not finite
 */
export function encodeAnswer(head: AnswerHead, outputs: readonly ComputedOutput[]): EncodedAnswer {
  for (const { name, tensor, isBinary } of outputs) if (!isBinary) requireFinite(`output '${name}'`, tensor);
  const binary = outputs.filter(({ isBinary }) => isBinary);
  const json = jsonPieces(head, outputs);
  if (binary.length === 0) return { body: jsonStream(json), headers: { "Content-Type": "application/json" } };
  const parts = [paddedBytes(json), ...binary.map(({ tensor }) => bytesOfTensor(tensor))];
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return {
    body: streamOf(parts),
    headers: {
      "Content-Type": "application/octet-stream",
      [headerLengthHeader]: String(parts[0]?.byteLength),
      "Content-Length": String(length),
    },
  };
}
