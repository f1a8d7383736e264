import { AppError } from "../../schemas/errors.ts";
import type { ModelSource } from "../session.ts";

const memoryShort = /failed to allocate|bad.?alloc|out of memory/i;

/** ONNX Runtime's message in one line, without the place in its sources. */
export function ortReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^\/\S+\.cc:\d+ .*? was false\. /s, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** A graph that ONNX Runtime refused to load on a provider that works. */
export function loadFailure(model: ModelSource, error: unknown): AppError {
  const got = ortReason(error);
  const where = modelName(model);
  if (memoryShort.test(got))
    return new AppError(
      "unavailable",
      { what: "there is not enough memory to load the model", where, got },
      { cause: error },
    );
  return new AppError(
    "bad-model",
    { what: "ONNX Runtime cannot load the model", where, got, advice: "Check that the file is a complete ONNX model" },
    { cause: error },
  );
}

/** A run that failed inside ONNX Runtime, after our own check of the tensors passed. */
export function runFailure(model: ModelSource, error: unknown): AppError {
  const got = ortReason(error);
  const where = modelName(model);
  // The one mismatch our check cannot foresee: a length that only the run itself computes.
  if (got.includes("computed output shape"))
    return new AppError(
      "usage",
      { what: "an output does not fit the tensor given for it", where, got },
      { cause: error },
    );
  const advice = memoryShort.test(got) ? { advice: "Run fewer rows at once" } : {};
  return new AppError(
    "internal",
    { what: "ONNX Runtime failed during a run", where, got, ...advice },
    { cause: error },
  );
}

/** How messages name a model. */
export function modelName(model: ModelSource): string {
  return "path" in model ? model.path : `model of ${model.bytes.byteLength} bytes`;
}
