import type { ExpressionManifest, ModelVariant } from "../../schemas/index.ts";

/** What the manifest says of a variant that does not fit: its file, and its results for the model's golden rows. */
export function variantProblems({ files, golden }: ExpressionManifest, variant: ModelVariant): string[] {
  const { path, golden: own } = variant;
  const rows = golden.landmarks.length;
  const width = golden.targetIndices.length;
  const isCovered = files.some((file) => file.path === path && file.identity);
  const ragged = own.targets.filter((row) => row.length !== width).length;
  return [
    ...(isCovered ? [] : [`${path}: not part of the content hash`]),
    ...(own.targets.length === rows
      ? []
      : [`${path}: ${own.targets.length} golden rows of targets instead of ${rows}`]),
    ...(own.ood.length === rows ? [] : [`${path}: ${own.ood.length} golden rows of ood instead of ${rows}`]),
    ...(ragged === 0 ? [] : [`${path}: ${ragged} golden rows do not have ${width} targets`]),
    ...(own.tolerance["cpu"] !== undefined ? [] : [`${path}: no golden tolerance for the cpu provider`]),
  ];
}
