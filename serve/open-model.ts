/** Loads a version folder for serving, in this thread. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadModelFolder } from "../infer/node/load-model.ts";
import { Predictor } from "../infer/predictor.ts";
import { versionFiles } from "../registry/layout.ts";
import { readHead } from "../registry/manifest.ts";
import { requireSound } from "../registry/verify.ts";
import { openSession } from "../runtime/node/open.ts";
import { mergedSession } from "./merged-session.ts";
import { hostModel } from "./model-host.ts";
import type { ServedModel } from "./served-model.ts";
import type { HostOptions } from "./thread-messages.ts";

/**
 * Loads and verifies a version folder; the caller disposes of the model. Blocks the thread while the graph loads.
 * @throws AppError `bad-model` for a damaged folder or one that computes something else than at its export,
 *   `unavailable` for a device that cannot start, `no-input` where there is no manifest
 */
export async function openModel(dir: string, options: HostOptions): Promise<ServedModel> {
  const { task } = await readHead(dir);
  return task === "expression" ? openExpression(dir, options) : openGeneric(dir, options);
}

async function openExpression(dir: string, options: HostOptions): Promise<ServedModel> {
  const { manifest, genes, session: alone } = await loadModelFolder(dir, { ...options, host: "same-thread" });
  const session = mergedSession(alone);
  try {
    // Verified above; a predictor for this server differs in that its simultaneous runs are merged.
    const stats = Uint8Array.from(await readFile(join(dir, versionFiles.stats)));
    const predictor = await Predictor.open({ manifest, genes, session, landmarkStats: new Float32Array(stats.buffer) });
    return hostModel({ manifest, session, predictor });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

async function openGeneric(dir: string, options: HostOptions): Promise<ServedModel> {
  const manifest = await requireSound(dir);
  const session = await openSession({ path: join(dir, versionFiles.graph) }, { ...options, host: "same-thread" });
  return hostModel({ manifest, session });
}
