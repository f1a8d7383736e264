/**
 * From a message to the tensors it carries: JSON, JSON header with binary tensors behind it, or one raw tensor
 * (Triton's binary tensor data extension).
 * @module
 */
import { z } from "zod";
import { type OipInput, OipRequest } from "../../schemas/index.ts";
import { badRequest, tooLarge } from "../http-error.ts";
import { formatBytes } from "../read-body.ts";

/** An input as the message states it: its declaration, and its bytes where it is binary. */
export interface ReceivedInput extends OipInput {
  readonly bytes?: Uint8Array;
}

/** A message taken apart; `raw` is the body of a raw request, which declares nothing. */
export type ReceivedRequest =
  | { readonly kind: "declared"; readonly request: OipRequest; readonly inputs: readonly ReceivedInput[] }
  | { readonly kind: "raw"; readonly bytes: Uint8Array };

/** What says where the JSON ends. */
export const headerLengthHeader = "Inference-Header-Content-Length";

/** Length of the JSON header; undefined where the whole body is JSON. */
function headerLength(text: string | null, bodyBytes: number): number | undefined {
  if (text === null) return undefined;
  const length = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(length <= bodyBytes))
    throw badRequest(`${headerLengthHeader} should be in range (0, ${bodyBytes}), got ${text.slice(0, 40)}`);
  return length;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw badRequest(`failed to parse the request JSON: ${(error as Error).message}`, error);
  }
}

function parseDeclared(json: Uint8Array): OipRequest {
  const parsed = OipRequest.safeParse(parseJson(json));
  if (!parsed.success) throw badRequest(`failed to parse the request JSON: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The bytes that an input declares to have after the JSON; undefined for JSON data. */
function declaredBytes({ name, parameters, data }: OipInput): number | undefined {
  const size = parameters?.["binary_data_size"];
  if (parameters?.["shared_memory_region"] !== undefined)
    throw badRequest(`input '${name}' is in shared memory, which this server does not read`);
  if (size === undefined) return undefined;
  if (data !== undefined) throw badRequest(`input '${name}' must not have both 'data' and 'binary_data_size'`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw badRequest(`'binary_data_size' of input '${name}' must be a whole number, got ${size}`);
  return size;
}

/** Deals the bytes after the JSON out to the inputs that declare some, in their order. */
function dealBytes(inputs: readonly OipInput[], rest: Uint8Array, hasHeader: boolean): ReceivedInput[] {
  let at = 0;
  const dealt = inputs.map((input): ReceivedInput => {
    const size = declaredBytes(input);
    if (size === undefined) {
      if (input.data === undefined) throw badRequest(`input '${input.name}' has neither 'data' nor 'binary_data_size'`);
      return input;
    }
    if (!hasHeader)
      throw badRequest(
        `must specify valid 'Infer-Header-Content-Length' in request header and 'binary_data_size' when passing inputs in binary data format`,
      );
    const bytes = rest.subarray(at, at + size);
    if (bytes.byteLength < size)
      throw badRequest(
        `input '${input.name}' declares ${size} bytes, but only ${bytes.byteLength} are left in the body`,
      );
    at += size;
    return { ...input, bytes };
  });
  if (at !== rest.byteLength)
    throw badRequest(
      `unexpected additional input data: the inputs declare ${at} bytes, the body carries ${rest.byteLength}`,
    );
  return dealt;
}

/**
 * Takes a message apart; the inputs' bytes are views of the body.
 * @param header the value of `Inference-Header-Content-Length`, or null
 * @throws HTTPException 400 for a message that contradicts itself, 413 for JSON past `maxJsonBytes`
 */
export function parseRequest(
  body: Uint8Array,
  { header, maxJsonBytes }: { readonly header: string | null; readonly maxJsonBytes: number },
): ReceivedRequest {
  const length = headerLength(header, body.byteLength);
  if (length === 0) return { kind: "raw", bytes: body };
  const json = body.subarray(0, length ?? body.byteLength);
  // Parsing holds up every other request: a megabyte takes about 10 ms.
  if (json.byteLength > maxJsonBytes)
    throw tooLarge(
      `the JSON is larger than the limit of ${formatBytes(maxJsonBytes)}; send binary tensors, or fewer profiles a request`,
    );
  const request = parseDeclared(json);
  const inputs = dealBytes(request.inputs, body.subarray(json.byteLength), length !== undefined);
  return { kind: "declared", request, inputs };
}
