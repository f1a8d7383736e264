import type { ExpressionManifest, ModelVariant, SplitScores } from "../schemas/index.ts";
import { keptLayers } from "./kept-layers.ts";

const figure = (value: number): string => value.toFixed(4);

function scoreRow(split: string, { samples, mae }: SplitScores): string {
  const ridge = mae.ridge === undefined ? "" : figure(mae.ridge);
  return `| ${split} | ${samples} | ${figure(mae.model)} | ${figure(mae.mean)} | ${ridge} |`;
}

/** A variant in one line: its size, and what it costs. */
function variantLine(variant: ModelVariant): string {
  const { path, measured } = variant;
  const { rows, count, mae, change, limit, meanDifference } = measured;
  const cost =
    mae === undefined
      ? `mean difference ${meanDifference.toExponential(1)} z units on ${count} profiles like the training set's`
      : `MAE ${figure(mae.variant)} instead of ${figure(mae.fp32)} (${(100 * change).toFixed(3)} %, limit ${100 * limit} %) on ${count} ${rows} profiles`;
  return `- \`${path}\`: ${cost}${keptLayers(variant)}.`;
}

function scoreTable({ scores }: Pick<ExpressionManifest, "scores">): string[] {
  if (scores === undefined) return ["No scores are known for this model."];
  const { train, validation, test } = scores;
  const rows = Object.entries({ train, validation, test }).flatMap(([split, score]) =>
    score ? [scoreRow(split, score)] : [],
  );
  return [
    "Mean absolute error over target genes, in z units of the training rows (lower is better).",
    "",
    "| split | profiles | this model | mean of training rows | ridge |",
    "|---|---:|---:|---:|---:|",
    ...rows,
  ];
}

/**
 * The model card (Mitchell et al. 2019) of a version, as Markdown: what it is, what it was made from, how well it does
 * against baselines, what it is for, and where it fails. It names no path, host or time.
 */
export function modelCard(manifest: Omit<ExpressionManifest, "files">): string {
  const { landmarks, targets, scale, idType, level, training, parameters, parity, inputProfile, ood, licence } =
    manifest;
  const title = training?.recipe.name ?? manifest.name ?? "Landfall model";
  const [fp32] = parity;
  const lines = [
    `# ${title}`,
    "",
    `Infers ${targets} target genes from ${landmarks} landmark genes.`,
    "",
    "## What it is",
    `- Input: \`landmarks\` [N, ${landmarks}], ${idType} ids, scale ${scale}${level === undefined ? "" : `, L1000 level ${level}`}.`,
    `- Output: \`targets\` [N, ${targets}] on the same scale, and \`ood\` [N, 1]: above 1, a profile is outside of what 99 % of held-out training profiles show.`,
    `- ${parameters} parameters, ONNX opset ${manifest.opset}; standardisation, clipping and the inverse are part of the graph.`,
    ...(manifest.graphNotes ?? []).map((note) => `- ${note}.`),
    "- Genes with their validation error, reliability and interval half-width: `genes.tsv`.",
    "",
    "## What it was made from",
    ...(training === undefined
      ? ["- Imported; its training is not known."]
      : [
          `- Data: dataset \`${training.dataset.name}\` (${training.dataset.hash.slice(0, 12)}).`,
          `- Family ${training.recipe.family}, engine ${training.engine}, seed ${training.seed}${Object.entries(
            training.selected,
          )
            .map(([name, value]) => `, ${name} ${value}`)
            .join("")}.`,
          ...training.notes.map((note) => `- ${note}`),
        ]),
    "",
    "## How well it does",
    ...scoreTable(manifest),
    "",
    "## What it is for",
    "Research on gene expression: completing landmark profiles of the kind and scale it was trained on. It is not a",
    "diagnostic device, and an inferred gene is not a measured one.",
    "",
    "## Where it fails",
    "- On profiles from another platform or scale, unless they are harmonised first: the scores above do not hold there.",
    "- On genes that the landmarks do not determine: see `reliability` in `genes.tsv`; inferred values vary less than measured ones.",
    "- The 90 % intervals cover marginally, over genes and profiles like the validation rows; not where `ood` is above 1.",
    `- What its training data look like is recorded: quantiles of ${inputProfile.quantiles.length} landmarks in \`manifest.json\`, ${ood.components} principal components in the graph.`,
    "",
    "## How it was verified",
    ...(fp32 === undefined
      ? ["- Not verified."]
      : [
          `- ONNX against tfjs on ${fp32.rows} profiles: largest difference ${fp32.maxAbs.toExponential(1)} z units (tolerance ${fp32.tolerance} of 1 + |z|).`,
          `- A profile alone and in batches of ${fp32.batchSizes.slice(1).join(", ")}: largest difference ${fp32.batchDependence === 0 ? "0, bit for bit" : fp32.batchDependence.toExponential(1)}.`,
        ]),
    ...(manifest.variants === undefined ? [] : ["", "## In fewer bits", ...manifest.variants.map(variantLine)]),
    "",
    "## Licence",
    licence ?? "Not stated by the publisher; the licence of the training data may restrict use.",
    "",
  ];
  return lines.join("\n");
}
