import type { OpenReference } from "../data/genes/gene-reference.ts";
import type { SessionHost } from "../runtime/session.ts";
import {
  AppError,
  type ExpressionManifest,
  type GeneRecord,
  type Precision,
  type TensorSignature,
} from "../schemas/index.ts";

/** What a predictor is made of: the contents of a version folder, and its graph in a session. */
export interface ModelParts {
  readonly manifest: ExpressionManifest;
  /** `genes.tsv`: landmarks, then targets. */
  readonly genes: readonly GeneRecord[];
  /** All of the model's genes, where `genes` has only some of its targets: profiles are ranked over them. */
  readonly allGenes?: readonly GeneRecord[] | undefined;
  /** `landmarks.stats.f32`: mean `[L]`, covariance `[L, L]`, on the model's scale. */
  readonly landmarkStats: Float32Array;
  readonly session: SessionHost;
  /** Which of the model's targets these parts have, as a plan names them; all where absent. */
  readonly columns?: string | undefined;
  /** How the session's graph stores its weights; float32 where absent. */
  readonly precision?: Precision | undefined;
  /** Names of human genes, for inputs that call landmarks otherwise; absent: only the model's names. */
  readonly reference?: OpenReference | undefined;
  /** sha256 of the HGNC file that the reference's names come from; absent: the shipped ones. */
  readonly hgnc?: string | undefined;
  /** What a run's record should tell about the choice. */
  readonly warnings?: readonly string[];
}

const show = ({ name, type, dims }: TensorSignature): string => `${name} ${type}[${dims.join(", ")}]`;

/** True when a tensor of the graph is what the manifest's task needs: a symbolic dimension may have any name. */
function fits(signature: TensorSignature | undefined, wanted: readonly (number | undefined)[]): boolean {
  if (signature?.type !== "float32" || signature.dims.length !== wanted.length) return false;
  return wanted.every((length, axis) => {
    const dim = signature.dims[axis];
    return length === undefined ? typeof dim === "string" : dim === length || typeof dim === "string";
  });
}

/**
 * Checks that manifest, gene table, moments and graph are of one model.
 * @throws AppError `bad-model` with every disagreement
 */
export function checkParts({ manifest, genes, landmarkStats, session }: ModelParts): void {
  const { landmarks: l, targets: t, transform, inputProfile } = manifest;
  const lengths: readonly (readonly [string, number, number])[] = [
    ["genes.tsv landmarks", genes.filter(({ role }) => role === "landmark").length, l],
    ["genes.tsv targets", genes.filter(({ role }) => role === "target").length, t],
    ["values of landmarks.stats.f32", landmarkStats.length, l * (l + 1)],
    ["transform.landmarks", Math.min(transform.landmarks.mean.length, transform.landmarks.sd.length), l],
    ["transform.targets", Math.min(transform.targets.mean.length, transform.targets.sd.length), t],
    ["inputProfile.quantiles", inputProfile.quantiles.length, l],
    ["inputProfile.reference", inputProfile.reference.length, l],
  ];
  const problems = lengths.flatMap(([what, got, expected]) =>
    got === expected ? [] : [`${what}: ${got} instead of ${expected}`],
  );
  const tensors = [
    ["input landmarks", session.inputs.find(({ name }) => name === "landmarks"), [undefined, l]],
    ["output targets", session.outputs.find(({ name }) => name === "targets"), [undefined, t]],
    ["output ood", session.outputs.find(({ name }) => name === "ood"), [undefined, 1]],
  ] as const;
  for (const [what, signature, wanted] of tensors) {
    if (fits(signature, wanted)) continue;
    const got = signature === undefined ? "is not there" : `is ${show(signature)}`;
    problems.push(`${what} ${got} instead of float32[N, ${wanted[1]}]`);
  }
  if (session.inputs.length !== 1) problems.push(`the graph has ${session.inputs.length} inputs instead of 1`);
  if (problems.length === 0) return;
  throw new AppError("bad-model", {
    what: "the parts of the model do not belong together",
    examples: problems,
    advice: "Get the whole version folder again",
  });
}
