import { dirname } from "node:path";
import { env, InferenceSession } from "onnxruntime-node";
import type { ModelSource, Provider } from "../session.ts";
import { modelSkeleton } from "./model-skeleton.ts";

export interface OrtSessionOptions {
  readonly provider: Provider;
  readonly threads: number;
  readonly leaveWeightsMapped?: boolean;
}

/**
 * Loads a graph on one provider; the caller releases it. Blocks the thread.
 * @throws what ONNX Runtime throws: `ort-errors.ts` translates it.
 */
export function createOrtSession(
  model: ModelSource,
  { provider, threads, leaveWeightsMapped = false }: OrtSessionOptions,
): Promise<InferenceSession> {
  // Device discovery warns on machines without a GPU; real failures still throw.
  env.logLevel = "error";
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  };
  // Prepacking copies every weight into a layout of its own; without it they stay pages of the file.
  if (leaveWeightsMapped) options.extra = { session: { disable_prepacking: "1" } };
  if (!("path" in model)) return InferenceSession.create(model.bytes, options);
  const skeleton = provider === "cpu" && !leaveWeightsMapped ? modelSkeleton(model.path) : undefined;
  if (skeleton === undefined) return InferenceSession.create(model.path, options);
  const folder = { session: { model_external_initializers_file_folder_path: dirname(model.path) } };
  return InferenceSession.create(skeleton, { ...options, extra: folder });
}
