import type { PrepareReport } from "../../../data/node/prepare.ts";
import type { PreparationStep } from "../../../schemas/index.ts";

/** What `--json` prints. */
export function summaryRecord({
  status,
  out,
  hash,
  dataset,
  overlap,
  groups,
  warnings,
}: PrepareReport): Record<string, unknown> {
  const { name, samples, counts, genes, landmarks, targets, idType, scale, level, steps, split } = dataset;
  const { fittedOn, clip } = dataset.standardisation;
  return {
    status,
    out,
    name,
    hash,
    samples,
    counts,
    groups,
    genes,
    landmarks,
    targets,
    overlap,
    idType,
    scale,
    level,
    steps: steps.map(shortStep),
    split,
    standardisation: { fittedOn, clip },
    warnings,
  };
}

/** What is printed for people. */
export function summaryText({ status, out, dataset, overlap, groups, warnings }: PrepareReport): string {
  const { counts, standardisation, split, steps } = dataset;
  const perSplit = (of: typeof counts): string => `${of.train} train, ${of.validation} validation, ${of.test} test`;
  const field = split.kind === "random" ? undefined : split.field;
  const lines: [string, string][] = [
    ["dataset", `${dataset.name} (${out})`],
    ["samples", `${dataset.samples}: ${perSplit(counts)}`],
    ["split", `${split.kind}, seed ${split.seed}`],
    ...(split.assigned === undefined ? [] : [["assigned", pairsText(split.assigned)] as [string, string]]),
    ...(groups === undefined ? [] : [[`groups`, `by ${field}: ${perSplit(groups)}`] as [string, string]]),
    ["genes", `${dataset.genes} (${dataset.idType} ids)`],
    ["landmarks", String(dataset.landmarks)],
    ["targets", `${dataset.targets}, of which ${overlap} are landmarks too`],
    ["scale", `${dataset.scale}${dataset.level === undefined ? "" : ` (L1000 level ${dataset.level})`}`],
    ["steps", steps.length === 0 ? "none" : steps.map(({ kind }) => kind).join(", ")],
    ...stepLines(steps),
    ["z scores", `fitted on ${standardisation.fittedOn}, ${clipText(standardisation.clip)}`],
    ["warnings", String(warnings.length)],
  ];
  const title = status === "prepared" ? "prepared" : "already done: the same inputs and options made this dataset";
  return [title, ...lines.map(([label, value]) => `  ${label.padEnd(10)} ${value}`)].join("\n");
}

function clipText(clip: number | undefined): string {
  return clip === undefined ? "not clipped" : `clipped at ±${clip}`;
}

/** A step without the values of its reference, which `dataset.json` holds. */
function shortStep(step: PreparationStep): unknown {
  if (step.kind !== "quantile") return step;
  const { values, ...reference } = step.reference;
  return { ...step, reference: { ...reference, genes: values.length } };
}

/** What the steps did to each cohort. */
function stepLines(steps: readonly PreparationStep[]): [string, string][] {
  return steps.flatMap((step): [string, string][] => {
    if (step.kind === "dedupe") return [["left out", `${pairsText(step.removed)} (${step.method}, see dropped.tsv)`]];
    if (step.kind === "gene-map") return [["found by", pairsText(step.by)]];
    if (step.kind !== "quantile") return [];
    const { cohort, rows, values, ranks } = step.reference;
    const made = `mean of ${rows === "all" ? "all" : "the training"} rows of ${cohort}, ${values.length} genes`;
    return [
      ["quantiles", made],
      ["ranks", pairsText(ranks)],
    ];
  });
}

function pairsText(pairs: Readonly<Record<string, string | number>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
