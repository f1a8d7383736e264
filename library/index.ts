/**
 * Landfall as a library: load a published model, infer profiles in memory or file to file.
 *
 * @example
 * import { loadModel } from "landfall";
 * await using model = await loadModel("dgex@production", { models: "models" });
 * const { genes, values, ood } = await model.predict({ genes: ["TP53", "MYC"], values: [[7.1, 9.3]] });
 * @module
 */
import { type LoadOptions, loadModelFolder } from "../infer/node/load-model.ts";
import type { Predictor } from "../infer/predictor.ts";
import { resolveModel } from "../registry/resolve.ts";

export { openExpression } from "../data/node/open.ts";
export type { OpenOptions as OpenExpressionOptions } from "../data/read/open.ts";
export type { Axis, Block, BlockRange, ExpressionSource, MetaColumn } from "../data/source.ts";
export {
  type InferChoices,
  type InferFileOptions,
  type InferOutcome,
  type InMemoryInput,
  inferFile,
  type LoadOptions,
  loadModelFolder,
  type Predicted,
  type Prediction,
  Predictor,
} from "../infer/node/index.ts";
export type { Device, Provider } from "../runtime/session.ts";
export { AppError, type ErrorTag, exitCodes, type Fault, isAppError } from "../schemas/errors.ts";
export type { ExpressionManifest, GeneRecord, InferOptions, InferPlan, InferRun, Progress } from "../schemas/index.ts";

/** Where models are looked for, and where they run. */
export interface LoadModelOptions extends LoadOptions {
  /** The model repository's folder; `models` by default. */
  readonly models?: string;
}

/**
 * Loads a model by name (`name`, `name:3`, `name@production`) or version folder. The caller disposes of it.
 * @throws AppError `unknown-model` telling what exists; `bad-model`; `unavailable` for a device that cannot start
 */
export async function loadModel(
  reference: string,
  { models = "models", ...options }: LoadModelOptions = {},
): Promise<Predictor> {
  const { dir } = await resolveModel(reference, { models });
  return await loadModelFolder(dir, options);
}
