import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatGenesTable } from "../../data/genes-table.ts";
import { sha256 } from "../../data/node/hash.ts";
import { modelFileName, writeModelFiles } from "../../export/model-files.ts";
import { signatures } from "../../export/signatures.ts";
import { goldenVectors } from "../../export/verify/golden.ts";
import { type Graph, servedOpset } from "../../onnx/graph.ts";
import { type CmapFacts, cmapCard } from "../../registry/import/cmap-card.ts";
import type { CmapWeights } from "../../registry/import/cmap-weights.ts";
import type { ReferenceProfiles } from "../../registry/import/reference-profiles.ts";
import { openSession } from "../../runtime/node/open.ts";
import { codeVersion, type ExpressionManifest } from "../../schemas/index.ts";
import { type ProfileStatistics, targetMoments } from "./statistics.ts";
import { verifyCmap } from "./verify.ts";

/** What a version is made of. */
export interface CmapVersion {
  readonly weights: CmapWeights;
  readonly reference: ReferenceProfiles;
  /** sha256 of the files that both were read from. */
  readonly hashes: { readonly weights: string; readonly reference: string };
  readonly statistics: ProfileStatistics;
  readonly graph: Graph;
  readonly licence?: string | undefined;
  readonly signal: AbortSignal;
}

type Unfiled = Omit<ExpressionManifest, "files">;

/** Writes graph, gene table and landmark moments; equal sources give equal bytes. @returns their paths in `dir` */
export async function writeIdentityFiles(
  dir: string,
  { weights, reference, statistics, graph }: CmapVersion,
): Promise<readonly string[]> {
  const genes = formatGenesTable([...reference.landmarks, ...weights.targets], weights.label);
  await writeFile(join(dir, "genes.tsv"), genes);
  await writeFile(join(dir, "landmarks.stats.f32"), new Uint8Array(statistics.landmarkStats.buffer));
  const files = await writeModelFiles(dir, graph, { "landfall.genes": sha256(genes) });
  return [...files, "genes.tsv", "landmarks.stats.f32"];
}

/**
 * Holds the written graph against the formula, and writes the card and the record of it.
 * @throws AppError `bad-model` when they disagree, `cancelled`
 */
export async function finishVersion(
  dir: string,
  contentHash: string,
  version: CmapVersion,
): Promise<{ readonly manifest: Unfiled; readonly others: readonly string[]; readonly maxAbs: number }> {
  const { weights, reference, hashes, statistics, signal } = version;
  const { landmarkTransform, ood, components } = statistics;
  await using session = await openSession({ path: join(dir, modelFileName) }, { device: "cpu" });
  const parity = await verifyCmap(session, { weights, statistics, reference, signal });
  const targets = await targetMoments(session, reference.fitted, weights.landmarks.length);
  const transform = { ...landmarkTransform, targets };
  const golden = await goldenVectors(session, { transform, ood, components });
  const manifest = { ...unverified(contentHash, version), transform, golden };
  const facts: CmapFacts = {
    weights: { label: weights.label, sha256: hashes.weights },
    reference: { label: reference.label, sha256: hashes.reference, profiles: reference.profiles },
    parity,
  };
  await writeFile(join(dir, "card.md"), cmapCard(manifest, facts));
  const record = { schemaVersion: 1, oracle: "the formula in float64, on the model's scale", ...facts };
  await writeFile(join(dir, "parity.json"), `${JSON.stringify(record, null, 1)}\n`);
  return { manifest, others: ["card.md", "parity.json"], maxAbs: parity.maxAbs };
}

/** The manifest but for what the graph has to be run for. */
function unverified(
  contentHash: string,
  { weights, statistics, graph, licence }: CmapVersion,
): Omit<Unfiled, "transform" | "golden"> {
  const [landmarks, targets] = [weights.landmarks.length, weights.targets.length];
  return {
    schemaVersion: 1,
    task: "expression",
    contentHash,
    createdAt: new Date().toISOString(),
    codeVersion,
    inputs: signatures(graph.inputs),
    outputs: signatures(graph.outputs),
    opset: servedOpset,
    parameters: targets * (landmarks + 1),
    // Parity is that with a tfjs net, which this model has none of: `parity.json` has its agreement with the formula.
    parity: [],
    origin: "imported",
    ...(licence !== undefined && { licence }),
    idType: weights.idType,
    scale: "log2",
    level: 3,
    landmarks,
    targets,
    inputProfile: statistics.inputProfile,
    ood: statistics.ood,
  };
}
