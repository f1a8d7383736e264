import type { ExpressionManifest, GeneRecord } from "../../schemas/index.ts";

/** Lengths that must agree: what, found, expected. */
type Length = readonly [string, number, number];

const misfits = (lengths: readonly Length[]): string[] =>
  lengths
    .filter(([, found, expected]) => found !== expected)
    .map(([what, found, expected]) => `${what}: ${found} instead of ${expected}`);

function goldenLengths({ golden, landmarks }: ExpressionManifest): Length[] {
  const rows = golden.landmarks.length;
  return [
    ["golden rows of targets", golden.targets.length, rows],
    ["golden rows of ood", golden.ood.length, rows],
    ...golden.landmarks.map((row, i): Length => [`golden landmarks of row ${i + 1}`, row.length, landmarks]),
    ...golden.targets.map(
      (row, i): Length => [`golden targets of row ${i + 1}`, row.length, golden.targetIndices.length],
    ),
  ];
}

/**
 * What in the manifest of a landmark → target model does not fit together, or not to its gene table and its tensors.
 * @param statsBytes size of `landmarks.stats.f32`, which holds a mean `[L]` and a covariance `[L, L]` in float32.
 */
export function expressionProblems(
  manifest: ExpressionManifest,
  genes: readonly GeneRecord[],
  statsBytes: number,
): string[] {
  const { landmarks: l, targets: t, transform, inputProfile, ood, golden, inputs, outputs } = manifest;
  const count = (role: GeneRecord["role"]): number => genes.filter((gene) => gene.role === role).length;
  const width = (name: string): number => {
    const dims = [...inputs, ...outputs].find((tensor) => tensor.name === name)?.dims ?? [];
    return dims.length === 2 ? Number(dims[1]) : 0;
  };
  const beyond = golden.targetIndices.filter((index) => index >= t);
  const tolerated = golden.tolerance["cpu"] !== undefined;
  return [
    ...misfits([
      ["landmarks in genes.tsv", count("landmark"), l],
      ["targets in genes.tsv", count("target"), t],
      ["columns of input `landmarks`", width("landmarks"), l],
      ["columns of output `targets`", width("targets"), t],
      ["columns of output `ood`", width("ood"), 1],
      ["transform.landmarks.mean", transform.landmarks.mean.length, l],
      ["transform.landmarks.sd", transform.landmarks.sd.length, l],
      ["transform.targets.mean", transform.targets.mean.length, t],
      ["transform.targets.sd", transform.targets.sd.length, t],
      ["inputProfile.quantiles", inputProfile.quantiles.length, l],
      ["inputProfile.reference", inputProfile.reference.length, l],
      ["ood.variances", ood.variances.length, ood.components],
      ["bytes of landmarks.stats.f32", statsBytes, 4 * l * (l + 1)],
      ...goldenLengths(manifest),
    ]),
    ...(beyond.length > 0 ? [`golden.targetIndices: ${beyond.join(", ")} of ${t} targets`] : []),
    ...(tolerated ? [] : ["golden.tolerance: none for the cpu provider"]),
  ];
}
