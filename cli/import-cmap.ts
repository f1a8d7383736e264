/**
 * CMap's linear weights as a published version: the graph is the formula of CMap's own pipeline, and what a version
 * promises beside it (scale check, imputation, harmonisation, z units, out-of-distribution score) comes from reference
 * profiles, because the weights say nothing of it.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256File } from "../data/node/hash.ts";
import { openExpression } from "../data/node/open.ts";
import { writeVersionFolder } from "../export/version-folder.ts";
import { readCmapWeights } from "../registry/import/cmap-weights.ts";
import { readReferenceProfiles } from "../registry/import/reference-profiles.ts";
import { type Published, publishVersion } from "../registry/publish.ts";
import { openSession } from "../runtime/node/open.ts";
import type { CliContext } from "./context.ts";
import { cmapGraph } from "./import-cmap/graph.ts";
import { describeProfiles } from "./import-cmap/statistics.ts";
import { type CmapVersion, finishVersion, writeIdentityFiles } from "./import-cmap/version-files.ts";

/** What is imported, under which name, by whom. */
export interface ImportCmapRequest {
  /** The file of weights. */
  readonly weights: string;
  /** Level 3 profiles of the kind that will be inferred. */
  readonly reference: string;
  readonly models: string;
  readonly name: string;
  readonly who: string;
  readonly why?: string;
  readonly licence?: string;
}

/** What was imported. */
export interface ImportedCmap {
  readonly published: Published;
  readonly landmarks: number;
  readonly targets: number;
  /** Complete profiles of the reference. */
  readonly profiles: number;
  /** ONNX Runtime against the formula in float64, largest difference on the model's scale. */
  readonly maxAbs: number;
}

type Context = Pick<CliContext, "signal" | "onProgress">;

async function readVersion(request: ImportCmapRequest, context: Context): Promise<CmapVersion> {
  const { signal } = context;
  await using table = await openExpression(request.weights, { signal });
  const weights = await readCmapWeights(table, signal);
  await using profiles = await openExpression(request.reference, { signal });
  const reference = await readReferenceProfiles(profiles, weights.landmarks, context);
  const statistics = await describeProfiles(reference, { open: openSession, context });
  const hashes = {
    weights: await sha256File(request.weights, { signal }),
    reference: await sha256File(request.reference, { signal }),
  };
  const graph = cmapGraph(weights, statistics);
  return { weights, reference, hashes, statistics, graph, licence: request.licence, signal };
}

/**
 * Imports a file of CMap's weights as the next version of a name; the same files again publish nothing new.
 * @throws AppError `bad-data` for a file that holds no such weights or a reference without all landmarks,
 *   `scale-mismatch` for a reference on another scale, and as `publishVersion`
 */
export async function importCmap(request: ImportCmapRequest, context: Context): Promise<ImportedCmap> {
  const { models, name, who, why } = request;
  const version = await readVersion(request, context);
  const folder = await mkdtemp(join(tmpdir(), "landfall-import-"));
  try {
    const from = join(folder, "version");
    let maxAbs = Number.NaN;
    await writeVersionFolder(
      { out: from, open: openSession, signal: context.signal },
      {
        writeIdentity: (dir) => writeIdentityFiles(dir, version),
        finish: async (dir, hash) => {
          const finished = await finishVersion(dir, hash, version);
          ({ maxAbs } = finished);
          return finished;
        },
      },
    );
    const record = { models, name, who, ...(why !== undefined && { why }) };
    const published = await publishVersion({ from, ...record, ...context });
    const { weights, reference } = version;
    const [landmarks, targets] = [weights.landmarks.length, weights.targets.length];
    return { published, landmarks, targets, profiles: reference.profiles, maxAbs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
