/**
 * Inference on Node: models from version folders, files to files.
 * @module
 */
export { memorySource } from "../memory-source.ts";
export type { InMemoryInput, Predicted } from "../predict.ts";
export { type InferChoices, type Prediction, Predictor } from "../predictor.ts";
export { surveyInput } from "../survey.ts";
export { type InferOutcome, inferFile } from "./batch.ts";
export type { InferFileOptions } from "./job.ts";
export { beginLoading, type LoadOptions, loadModelFolder, type ModelLoading } from "./load-model.ts";
