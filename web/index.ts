/**
 * Inference in a browser: a published model in a worker, on WebAssembly or WebGPU. For pages that are built with Vite
 * (or another bundler that knows `new Worker(new URL(…))` and `?url`).
 * @example
 * using model = await loadModel({ name: "dgex", version: 3 });
 * const { ood, rows, gctx } = await model.predict(file, { harmonise: "none", onProgress: console.log });
 * @module
 */
import "./disposal.ts";

export type { PrecisionChoice } from "../infer/variant.ts";
export type { LoadedModel } from "./api.ts";
export type { CallOptions } from "./client.ts";
export type { ExampleChoices } from "./example-profiles.ts";
export type { InferredMatrix } from "./infer-input.ts";
export type { ProfilesInMemory, WebInput } from "./input.ts";
export type { InputReport, InspectChoices } from "./inspect-input.ts";
export {
  type LoadModelOptions,
  loadModel,
  type PredictOptions,
  type WebModel,
  type WebPrediction,
} from "./load-model.ts";
export type { ModelAddress } from "./model-address.ts";
export { type BrowserFacts, browserFacts, type WebDevice } from "./providers.ts";
