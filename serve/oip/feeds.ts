/**
 * From the inputs of a message to the tensors of a model's graph, or the reason why they do not fit.
 * @module
 */
import type { HostTensor, TensorMap } from "../../runtime/session.ts";
import { AppError, type TensorSignature } from "../../schemas/index.ts";
import { tooLarge } from "../http-error.ts";
import { datatypes, shapeText, tensorMetadata, tensorOfBytes } from "./datatypes.ts";
import { tensorOfJson } from "./parse-data.ts";
import type { ReceivedInput, ReceivedRequest } from "./parse-request.ts";

/** The border of a model, and how many rows one request may have. */
export interface Border {
  readonly name: string;
  readonly inputs: readonly TensorSignature[];
  readonly maxRows: number;
}

/** Every input once, none unknown. @throws AppError `usage` with Triton's words. */
function requireNames(given: readonly ReceivedInput[], { name, inputs }: Border): void {
  const unknown = given.find((input) => !inputs.some((signature) => signature.name === input.name));
  if (unknown !== undefined)
    throw new AppError("usage", {
      what: `unexpected inference input '${unknown.name}' for model '${name}'`,
      expected: inputs.map((signature) => signature.name).join(", "),
    });
  const distinct = new Set(given.map((input) => input.name));
  if (distinct.size !== given.length || given.length !== inputs.length)
    throw new AppError("usage", {
      what: `expected ${inputs.length} inputs but got ${given.length} inputs for model '${name}'`,
      expected: inputs.map((signature) => signature.name).join(", "),
      got: given.map((input) => input.name).join(", ") || "none",
    });
}

function requireFit(given: ReceivedInput, signature: TensorSignature, { name, maxRows }: Border): void {
  const { datatype, shape } = tensorMetadata(signature);
  if (given.datatype !== datatype)
    throw new AppError("usage", {
      what: `inference input '${given.name}' data-type is '${given.datatype}', but model '${name}' expects '${datatype}'`,
    });
  const isFit =
    shape.length === given.shape.length && shape.every((dim, axis) => dim === -1 || dim === given.shape[axis]);
  if (!isFit)
    throw new AppError("usage", {
      what: `unexpected shape for input '${given.name}' for model '${name}'. Expected ${shapeText(shape)}, got ${shapeText(given.shape)}`,
    });
  const rows = given.shape[0] ?? 1;
  if (shape[0] === -1 && rows > maxRows)
    throw tooLarge(
      `input '${given.name}' has ${rows} rows, the limit is ${maxRows} (--max-rows); send several requests`,
    );
}

function tensorOf(given: ReceivedInput, { type }: TensorSignature): HostTensor {
  const { name, shape: dims, bytes, data } = given;
  if (bytes === undefined) return tensorOfJson({ name, type, dims }, data);
  const expected = dims.reduce((product, length) => product * length, datatypes[type].bytes);
  if (bytes.byteLength !== expected)
    throw new AppError("bad-data", {
      what: `unexpected total byte size ${bytes.byteLength} for input '${name}', expecting ${expected}`,
      where: `shape ${shapeText(dims)}`,
    });
  if (type === "bool" && bytes.some((byte) => byte > 1))
    throw new AppError("bad-data", { what: `input '${name}' holds bytes that are no booleans`, expected: "0 or 1" });
  return tensorOfBytes(type, dims, bytes);
}

/** A raw request: as many rows as its bytes make, of the one input. */
function rawFeed(bytes: Uint8Array, border: Border): TensorMap {
  const [signature, ...others] = border.inputs;
  const variable = signature?.dims.filter((dim) => typeof dim === "string").length ?? 0;
  if (signature === undefined || others.length > 0 || variable > 1)
    throw new AppError("usage", {
      what: `a raw binary request needs a model with one input of at most one variable dimension, '${border.name}' is none`,
    });
  const { datatype, shape } = tensorMetadata(signature);
  const step = shape.reduce((product, dim) => product * Math.max(1, Math.abs(dim)), datatypes[signature.type].bytes);
  const length = bytes.byteLength / step;
  if (bytes.byteLength === 0 || !Number.isInteger(length) || (variable === 0 && length !== 1))
    throw new AppError("bad-data", {
      what: `unexpected total byte size ${bytes.byteLength} for input '${signature.name}', expecting ${variable === 0 ? "" : "a multiple of "}${step}`,
    });
  const given = { name: signature.name, datatype, shape: shape.map((dim) => (dim === -1 ? length : dim)), bytes };
  requireFit(given, signature, border);
  return { [signature.name]: tensorOf(given, signature) };
}

/**
 * The tensors for a run; they may be views of the message.
 * @throws AppError `usage` or `bad-data` in Triton's words, HTTPException 413 for too many rows
 */
export function feedsOf(received: ReceivedRequest, border: Border): TensorMap {
  if (received.kind === "raw") return rawFeed(received.bytes, border);
  requireNames(received.inputs, border);
  const feeds: [string, HostTensor][] = [];
  for (const signature of border.inputs) {
    const given = received.inputs.find(({ name }) => name === signature.name);
    if (given === undefined) throw new Error("requireNames let a missing input pass");
    requireFit(given, signature, border);
    feeds.push([signature.name, tensorOf(given, signature)]);
  }
  return Object.fromEntries(feeds);
}
