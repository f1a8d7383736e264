/** Loads a version folder for serving, in this thread. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadModelFolder } from "../infer/node/load-model.ts";
import { Predictor } from "../infer/predictor.ts";
import { versionFiles } from "../registry/layout.ts";
import { readHead } from "../registry/manifest.ts";
import { requireSound } from "../registry/verify.ts";
import { openSession } from "../runtime/node/open.ts";
import { AppError, type Fault, isAppError } from "../schemas/index.ts";
import { mergedSession } from "./merged-session.ts";
import { hostModel } from "./model-host.ts";
import type { ServedModel } from "./served-model.ts";
import type { HostOptions } from "./thread-messages.ts";

/**
 * Loads and verifies a version folder; the caller disposes of the model. Blocks the thread while the graph loads.
 * @throws AppError `bad-model` for a damaged folder or one that computes something else than at its export,
 *   `unavailable` for a device that cannot start and for a model without a graph of the server's precision, `no-input`
 *   where there is no manifest
 */
export async function openModel(dir: string, options: HostOptions): Promise<ServedModel> {
  const { task } = await readHead(dir);
  return task === "expression" ? openExpression(dir, options) : openGeneric(dir, options);
}

async function openExpression(dir: string, options: HostOptions): Promise<ServedModel> {
  const loaded = await loadModelFolder(dir, { ...options, host: "same-thread" }).catch((error: unknown) => {
    throw isAppError(error, "usage") ? withoutVariant(error.fault, error) : error;
  });
  const { manifest, genes, precision, reference, hgnc, session: alone } = loaded;
  const session = mergedSession(alone);
  try {
    // Verified above; a predictor for this server differs in that its simultaneous runs are merged.
    const stats = Uint8Array.from(await readFile(join(dir, versionFiles.stats)));
    const landmarkStats = new Float32Array(stats.buffer);
    const names = { reference, hgnc };
    const predictor = await Predictor.open({ manifest, genes, session, landmarkStats, precision, ...names });
    return hostModel({ manifest, session, predictor });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

async function openGeneric(dir: string, { precision = "fp32", device, threads }: HostOptions): Promise<ServedModel> {
  const manifest = await requireSound(dir);
  if (precision !== "fp32" && precision !== "auto")
    throw withoutVariant({ what: "a model of tensors has no variants", expected: "fp32", got: precision });
  const options = { device, ...(threads !== undefined && { threads }), host: "same-thread" } as const;
  const session = await openSession({ path: join(dir, versionFiles.graph) }, options);
  return hostModel({ manifest, session });
}

/** The server's choice of a precision is no fault of the request that first needs the model. */
function withoutVariant(fault: Fault, cause?: unknown): AppError {
  const advice = "Start the server with --precision auto or fp32, or publish the model with the variant";
  return new AppError("unavailable", { ...fault, advice }, { cause });
}
