import type { SplitScores } from "../schemas/index.ts";
import { diffGenes, type GeneDiff } from "./diff/genes.ts";
import { diffTransforms, type TransformDiff } from "./diff/transform.ts";
import { diffWeights, type WeightDiff } from "./diff/weights.ts";
import { type ManifestHead, readManifest } from "./manifest.ts";
import { readGraph } from "./read-graph.ts";
import { readSignature, signatureDifferences } from "./signature.ts";

/** A split's scores in two models; absent where a model has none. */
export interface ScoreDiff {
  readonly split: string;
  readonly before?: SplitScores;
  readonly after?: SplitScores;
}

/** What two versions have in common and what not; `→` reads from the first to the second. */
export interface ModelDiff {
  /** The same content hash: weights, graph and genes are the same bytes. */
  readonly sameContent: boolean;
  /** Empty when the second can take the place of the first. */
  readonly signature: readonly string[];
  /** Other facts of the manifests: opset, parameters, licence, dataset, recipe, … */
  readonly facts: readonly string[];
  readonly scores: readonly ScoreDiff[];
  readonly weights: WeightDiff;
  /** Absent unless both are landmark → target models. */
  readonly transform?: TransformDiff;
  readonly landmarks?: GeneDiff;
  readonly targets?: GeneDiff;
}

function facts(head: ManifestHead): ReadonlyMap<string, string> {
  const training = head.task === "expression" ? head.training : undefined;
  const selected = Object.entries(training?.selected ?? {}).map(([name, value]) => `${name} ${value}`);
  return new Map([
    ["opset", String(head.opset)],
    ["parameters", String(head.parameters)],
    ["origin", head.origin],
    ["licence", head.licence ?? "none"],
    ["code version", head.codeVersion],
    ["recipe", training === undefined ? "none" : `${training.recipe.name} (${training.recipe.family})`],
    ["selected", selected.join(", ") || "none"],
    ["dataset", training === undefined ? "none" : `${training.dataset.name} ${training.dataset.hash.slice(0, 12)}`],
    ["engine", training === undefined ? "none" : `${training.engine} on ${training.device}`],
    ["seed", String(training?.seed ?? "none")],
  ]);
}

function factDifferences(a: ManifestHead, b: ManifestHead): string[] {
  const after = facts(b);
  return [...facts(a)].flatMap(([name, text]) =>
    text === after.get(name) ? [] : [`${name}: ${text} → ${after.get(name)}`],
  );
}

function scoreDifferences(a: ManifestHead, b: ManifestHead): ScoreDiff[] {
  const [before, after] = [a, b].map((head) => (head.task === "expression" ? head.scores : undefined));
  return (["train", "validation", "test"] as const).flatMap((split) => {
    const pair = { ...(before?.[split] && { before: before[split] }), ...(after?.[split] && { after: after[split] }) };
    return Object.keys(pair).length === 0 ? [] : [{ split, ...pair }];
  });
}

/**
 * Compares two version folders; both graphs are in memory while their weights are compared.
 * @throws AppError `no-input` or `bad-model` when one cannot be read.
 */
export async function diffVersions(before: string, after: string): Promise<ModelDiff> {
  const [a, b] = [await readManifest(before), await readManifest(after)];
  const [signatureA, signatureB] = [await readSignature(before), await readSignature(after)];
  const expression = a.task === "expression" && b.task === "expression";
  return {
    sameContent: a.contentHash === b.contentHash,
    signature: signatureDifferences(signatureA, signatureB),
    facts: factDifferences(a, b),
    scores: scoreDifferences(a, b),
    weights: diffWeights((await readGraph(before)).graph, (await readGraph(after)).graph),
    ...(expression && {
      transform: diffTransforms(a.transform, b.transform),
      landmarks: diffGenes(signatureA.genes, signatureB.genes, "landmark"),
      targets: diffGenes(signatureA.genes, signatureB.genes, "target"),
    }),
  };
}
