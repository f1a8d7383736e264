import { env, InferenceSession } from "onnxruntime-node";
import type { ModelSource, Provider } from "../session.ts";

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
    // Prepacking copies every weight into a layout of its own; without it they stay pages of the file.
    ...(leaveWeightsMapped && { extra: { session: { disable_prepacking: "1" } } }),
  };
  return "path" in model ? InferenceSession.create(model.path, options) : InferenceSession.create(model.bytes, options);
}
