/**
 * Which outputs a message wants, in which form.
 * @module
 */
import { AppError, type OipParameters, type TensorSignature } from "../../schemas/index.ts";
import { badRequest, tooLarge } from "../http-error.ts";
import type { ReceivedRequest } from "./parse-request.ts";

/** An output that was asked for. */
export interface WantedOutput {
  readonly signature: TensorSignature;
  /** As bytes behind the JSON; else as `data` in it. */
  readonly isBinary: boolean;
}

function flag(parameters: OipParameters | undefined, name: string): boolean | undefined {
  const value = parameters?.[name];
  if (value === undefined || typeof value === "boolean") return value;
  throw badRequest(`parameter '${name}' must be true or false, got ${JSON.stringify(value)}`);
}

/** Things that Triton's clients may ask for and that would be answered wrongly if they were ignored. */
function requireSupported(name: string, parameters: OipParameters | undefined): void {
  if (parameters?.["shared_memory_region"] !== undefined)
    throw badRequest(`output '${name}' is wanted in shared memory, which this server does not write`);
  if (Number(parameters?.["classification"] ?? 0) > 0)
    throw badRequest(`output '${name}': the classification extension is not supported`);
}

/**
 * The outputs to compute, in the order asked for; all where none are named, all binary for a raw request.
 * @throws AppError `usage` for an unknown output, HTTPException 400 for parameters that the server cannot follow
 */
export function wantedOutputs(
  received: ReceivedRequest,
  { name, outputs }: { readonly name: string; readonly outputs: readonly TensorSignature[] },
): readonly WantedOutput[] {
  if (received.kind === "raw") return outputs.map((signature) => ({ signature, isBinary: true }));
  const { parameters, outputs: asked = [] } = received.request;
  const byDefault = flag(parameters, "binary_data_output") ?? false;
  if (asked.length === 0) return outputs.map((signature) => ({ signature, isBinary: byDefault }));
  if (new Set(asked.map((output) => output.name)).size !== asked.length)
    throw badRequest("an output is asked for more than once");
  return asked.map((output) => {
    const signature = outputs.find((known) => known.name === output.name);
    if (signature === undefined)
      throw new AppError("usage", {
        what: `unexpected inference output '${output.name}' for model '${name}'`,
        expected: outputs.map((known) => known.name).join(", "),
      });
    requireSupported(output.name, output.parameters);
    return { signature, isBinary: flag(output.parameters, "binary_data") ?? byDefault };
  });
}

/** @throws HTTPException 413 when an answer would be more JSON than the server writes */
export function requireJsonSize(numbers: number, maxJsonNumbers: number): void {
  if (numbers <= maxJsonNumbers) return;
  throw tooLarge(
    `the answer would be ${numbers} numbers of JSON, the limit is ${maxJsonNumbers}; ask for binary tensors (binary_data_output), or send fewer profiles a request`,
  );
}

/** Numbers that an answer for `rows` rows says in JSON. */
export function jsonNumbers(wanted: readonly WantedOutput[], rows: number): number {
  const sizes = wanted
    .filter(({ isBinary }) => !isBinary)
    .map(({ signature }) =>
      signature.dims.reduce<number>((size, dim) => size * (typeof dim === "string" ? rows : dim), 1),
    );
  return sizes.reduce((sum, size) => sum + size, 0);
}
