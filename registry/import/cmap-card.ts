import type { ExpressionManifest } from "../../schemas/index.ts";
import { clampRange } from "./cmap-formula.ts";

/** What the card says beside the manifest. */
export interface CmapFacts {
  /** Name and sha256 of the files that the version was made from. */
  readonly weights: { readonly label: string; readonly sha256: string };
  readonly reference: { readonly label: string; readonly sha256: string; readonly profiles: number };
  /** How the graph agrees with the formula in float64, on the model's scale. */
  readonly parity: { readonly rows: number; readonly maxAbs: number };
}

type Described = Pick<ExpressionManifest, "landmarks" | "targets" | "idType" | "scale" | "level" | "opset" | "licence">;

/** The model card of an imported linear model, as Markdown: it names no path, host or time. */
export function cmapCard(manifest: Described, { weights, reference, parity }: CmapFacts): string {
  const { landmarks, targets, idType, scale, level, opset, licence } = manifest;
  const { min, max } = clampRange;
  return [
    "# CMap's linear inference",
    "",
    `Infers ${targets} genes from ${landmarks} landmarks by ordinary least squares, as the Connectivity Map's own pipeline does.`,
    "",
    "## What it is",
    `- Input: \`landmarks\` [N, ${landmarks}], ${idType} ids, scale ${scale}, L1000 level ${level}; quantile-normalised profiles (QNORM).`,
    `- Output: \`targets\` [N, ${targets}] on the same scale: intercept + weights · landmarks, clamped to [${min}, ${max}]; ONNX opset ${opset}.`,
    "- `ood` [N, 1]: above 1, a profile is outside of what 99 % of held-out reference profiles show.",
    "",
    "## What it was made from",
    `- Imported from \`${weights.label}\` (sha256 ${weights.sha256.slice(0, 12)}). Its training profiles are not known here.`,
    `- What a profile looks like (moments, quantiles, covariance, out-of-distribution score) comes from ${reference.profiles} profiles of \`${reference.label}\` (sha256 ${reference.sha256.slice(0, 12)}), not from the training.`,
    "- z units of the targets are those of the model's own output on these profiles: inferred genes vary less than measured ones.",
    "",
    "## How well it does",
    "No scores are known for this model; `landfall evaluate` gives them on a dataset of yours. Errors and reliability by gene are therefore absent from outputs.",
    "",
    "## Where it fails",
    "- On other scales and platforms, and on genes that the landmarks do not determine.",
    "- CMap's pipeline stops when a landmark is missing; here it is imputed from the reference up to `--max-missing` (0 gives CMap's rule).",
    "",
    "## How it was verified",
    `- ONNX Runtime against the formula in float64 on ${parity.rows} profiles: largest difference ${parity.maxAbs.toExponential(1)} on the model's scale.`,
    "",
    "## Licence",
    licence ?? "Not stated by the publisher; that of the weights' source applies.",
    "",
  ].join("\n");
}
