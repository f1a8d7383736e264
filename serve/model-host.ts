/**
 * A model in this thread: turns a batch of jobs into one run of the graph.
 * @module
 */
import type { Predictor } from "../infer/predictor.ts";
import type { SessionHost, TensorMap } from "../runtime/session.ts";
import { AppError, isAppError, type ModelManifest } from "../schemas/index.ts";
import type { Answer, InferredProfiles, Job, ServedModel } from "./served-model.ts";

/** A model to serve. Without a predictor it has tensors only, and its runs are never merged: nothing is known of its rows. */
export interface HostedModel {
  readonly manifest: Pick<ModelManifest, "task" | "contentHash">;
  /** With a predictor: one whose simultaneous runs are merged. The host owns it. */
  readonly session: SessionHost;
  readonly predictor?: Predictor;
}

/** @throws AppError `bad-data` naming the first value that no landmark can have */
function requireFiniteFeeds(feeds: TensorMap): void {
  for (const [name, { type, dims, data }] of Object.entries(feeds)) {
    if (type !== "float32") continue;
    for (let i = 0; i < data.length; i++) {
      const value = data[i] ?? Number.NaN;
      // NaN − NaN and ∞ − ∞ are NaN.
      if (value - value === 0) continue;
      const width = data.length / Math.max(1, dims[0] ?? 0);
      throw new AppError("bad-data", {
        what: `input '${name}' holds a value that is not finite`,
        where: `row ${Math.floor(i / width)}, column ${i % width}`,
        got: String(value),
        advice: "Missing landmarks are imputed by /v1/infer, not by tensors",
      });
    }
  }
}

async function inferProfiles(predictor: Predictor, job: Extract<Job, { kind: "profiles" }>): Promise<InferredProfiles> {
  const { genes, values, samples, options } = job;
  const predicted = await predictor.predict({ genes, values, options, ...(samples && { samples }) });
  const flags = predicted.genes.fields.get("pr_is_lmark") ?? [];
  const measured = predicted.genes.ids.map((_, i) => flags[i] === "Y");
  const { landmarks } = predictor.manifest;
  return {
    genes: predicted.genes.ids,
    precision: predictor.precision,
    measured,
    samples: predicted.samples,
    values: predicted.values,
    ood: predicted.ood,
    missing: predicted.missing,
    absent: predicted.genes.ids.slice(0, landmarks).filter((_, i) => !measured[i]),
    warnings: predicted.warnings,
  };
}

async function answer({ session, predictor }: HostedModel, job: Job): Promise<Answer> {
  if (job.kind === "tensors") {
    if (predictor !== undefined) requireFiniteFeeds(job.feeds);
    return { kind: "tensors", outputs: await session.run(job.feeds, { fetch: job.fetch }) };
  }
  if (predictor === undefined)
    throw new AppError("usage", {
      what: "the model knows no genes: it was exported from a bare tfjs model",
      advice: "Send tensors to /v2/models/{model}/infer",
    });
  return { kind: "profiles", profiles: await inferProfiles(predictor, job) };
}

/** An error as plain data; one that nobody foresaw is `internal`. */
export function failedAnswer(error: unknown): Extract<Answer, { kind: "failed" }> {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return isAppError(error)
    ? { kind: "failed", tag: error.tag, fault: error.fault, trace }
    : { kind: "failed", tag: "internal", fault: { what: "the model failed" }, trace };
}

/** Serves a model from this thread, which its runs block. The result owns the model. */
export function hostModel(model: HostedModel): ServedModel {
  const { manifest, session, predictor } = model;
  const { provider, inputs, outputs } = session;
  return {
    facts: {
      task: manifest.task,
      contentHash: manifest.contentHash,
      provider,
      // A graph of its own tensors has no variants.
      precision: predictor?.precision ?? "fp32",
      inputs,
      outputs,
    },
    run: (jobs) => Promise.all(jobs.map((job) => answer(model, job).catch(failedAnswer))),
    [Symbol.asyncDispose]: () => (predictor ?? session)[Symbol.asyncDispose](),
  };
}
