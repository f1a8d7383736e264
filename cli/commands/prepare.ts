import { basename, resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { PrepareOptions, PrepareReport } from "../../data/node/prepare.ts";
import { AppError, Scale } from "../../schemas/index.ts";
import type { RegisterCommand } from "../context.ts";

interface Flags extends Pick<PrepareOptions, "standardise" | "missing" | "duplicates" | "orientation"> {
  readonly input: readonly string[];
  readonly out: string;
  readonly landmarks: string;
  readonly targets: string;
  readonly split: string;
  readonly fractions: [number, number, number];
  readonly testFold: number;
  readonly seed: number;
  readonly log2?: number;
  readonly clip?: number;
  readonly scale?: Scale;
  readonly name?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `landfall prepare`: expression files → a dataset directory. */
export const prepareCommand: RegisterCommand = (program, context) => {
  const command = program
    .command("prepare")
    .description("Make a dataset of expression files: landmarks, targets, split, standardisation.")
    .requiredOption("-i, --input <input...>", "[NAME=]FILE (GCTX, GCT, TSV, CSV); several are cohorts of one dataset")
    .requiredOption("-o, --out <dataset>", "directory to write");
  for (const option of options()) command.addOption(option);
  command.action(async (flags: Flags) => {
    const { prepareDataset } = await import("../../data/node/prepare.ts");
    const report = await prepareDataset(await prepareOptions(flags), context);
    for (const warning of report.warnings) context.note(`warning: ${warning}`);
    context.print(flags.json ? JSON.stringify(summary(report)) : summaryText(report));
  });
};

function options(): Option[] {
  const selection = "l1000, rest, meta:FIELD[=VALUE] or FILE.grp";
  return [
    new Option("--landmarks <genes>", selection).default("meta:lf_landmark"),
    new Option("--targets <genes>", selection).default("meta:lf_target"),
    new Option("--split <how>", "random, group:FIELD or kfold:K[:FIELD]").default("random"),
    new Option("--fractions <train,validation,test>", "shares of the samples; not for kfold")
      .argParser(fractions)
      .default([0.8, 0.1, 0.1], "0.8,0.1,0.1"),
    new Option("--test-fold <n>", "fold that kfold holds out as test, from 0; the next one is validation")
      .argParser(integer)
      .default(0),
    new Option("--seed <n>", "seed of the split").argParser(integer).default(0),
    new Option("--log2 [offset]", "take log2(max(x, 1)); with an offset above 0 log2(x + offset)")
      .argParser(notNegative)
      .preset("0"),
    new Option("--clip [z]", "limit z scores to ±z").argParser(positive).preset("8"),
    new Option("--standardise <rows>", "rows that mean and sd come from; all and cohort see test rows")
      .choices(["train", "all", "cohort"])
      .default("train"),
    new Option("--scale <scale>", "scale of the dataset's values, where they do not tell it").choices(Scale.options),
    new Option("--missing <how>", "refuse missing values, or fill in the cohort's training mean")
      .choices(["refuse", "mean"])
      .default("refuse"),
    new Option("--duplicates <how>", "several rows of one gene: refuse them, or merge them")
      .choices(["error", "mean", "max"])
      .default("error"),
    new Option("--orientation <axis>", "what the rows of a text file are").choices(["samples", "genes"]),
    new Option("--name <name>", "name of the dataset (default: the directory's)"),
    new Option("--force", "replace another dataset at the same place"),
    new Option("--json", "print the summary as JSON"),
  ];
}

async function prepareOptions(flags: Flags): Promise<PrepareOptions> {
  const { parseSelection } = await import("../../data/dataset/selection.ts");
  const { parseSplit } = await import("../../data/dataset/split-recipe.ts");
  const { standardise, missing, duplicates, orientation, log2, clip, scale, out } = flags;
  return {
    inputs: cohortInputs(flags.input),
    landmarks: parseSelection(flags.landmarks),
    targets: parseSelection(flags.targets),
    split: parseSplit(flags),
    name: flags.name ?? basename(resolve(out)),
    force: flags.force ?? false,
    standardise,
    missing,
    duplicates,
    orientation,
    log2,
    clip,
    scale,
    out,
  };
}

/** `NAME=FILE` names a cohort; else it is called as the file is, without its extensions. */
function cohortInputs(inputs: readonly string[]): PrepareOptions["inputs"] {
  const named = inputs.map((input) => {
    const [, cohort, path] = /^([\w.-]+)=(.+)$/s.exec(input) ?? [];
    if (cohort !== undefined && path !== undefined) return { cohort, path };
    return { cohort: basename(input).replace(/(\.(gctx|gct|tsv|csv|txt))?(\.gz)?$/i, "") || input, path: input };
  });
  const cohorts = named.map(({ cohort }) => cohort);
  const repeated = cohorts.filter((cohort, index) => cohorts.indexOf(cohort) !== index);
  if (repeated.length === 0) return named;
  throw new AppError("usage", {
    what: "two inputs have the same cohort name",
    examples: [...new Set(repeated)],
    advice: "Name them: --input first=FILE --input second=FILE",
  });
}

function fractions(text: string): [number, number, number] {
  const [train = Number.NaN, validation = Number.NaN, test = Number.NaN, ...rest] = text.split(",").map(decimal);
  if (rest.length > 0 || Number.isNaN(train + validation + test))
    throw new InvalidArgumentError("Expected three numbers such as 0.8,0.1,0.1.");
  return [train, validation, test];
}

function integer(text: string): number {
  const value = decimal(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("Expected an integer.");
  return value;
}

function notNegative(text: string): number {
  const value = decimal(text);
  if (!(value >= 0)) throw new InvalidArgumentError("Expected a number from 0 up.");
  return value;
}

function positive(text: string): number {
  const value = decimal(text);
  if (!(value > 0)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

/** A decimal number, NaN for anything else: `Number` alone takes "" and "0x1" too. */
function decimal(text: string): number {
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** What `--json` prints. */
function summary({ status, out, hash, dataset, overlap, groups, warnings }: PrepareReport): Record<string, unknown> {
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
    steps,
    split,
    standardisation: { fittedOn, clip },
    warnings,
  };
}

function summaryText({ status, out, dataset, overlap, groups, warnings }: PrepareReport): string {
  const { counts, standardisation, split, steps } = dataset;
  const perSplit = (of: typeof counts): string => `${of.train} train, ${of.validation} validation, ${of.test} test`;
  const field = split.kind === "random" ? undefined : split.field;
  const lines: [string, string][] = [
    ["dataset", `${dataset.name} (${out})`],
    ["samples", `${dataset.samples}: ${perSplit(counts)}`],
    ["split", `${split.kind}, seed ${split.seed}`],
    ...(groups === undefined ? [] : [[`groups`, `by ${field}: ${perSplit(groups)}`] as [string, string]]),
    ["genes", `${dataset.genes} (${dataset.idType} ids)`],
    ["landmarks", String(dataset.landmarks)],
    ["targets", `${dataset.targets}, of which ${overlap} are landmarks too`],
    ["scale", `${dataset.scale}${dataset.level === undefined ? "" : ` (L1000 level ${dataset.level})`}`],
    ["steps", steps.length === 0 ? "none" : steps.map(({ kind }) => kind).join(", ")],
    ["z scores", `fitted on ${standardisation.fittedOn}, ${clipText(standardisation.clip)}`],
    ["warnings", String(warnings.length)],
  ];
  const title = status === "prepared" ? "prepared" : "already done: the same inputs and options made this dataset";
  return [title, ...lines.map(([label, value]) => `  ${label.padEnd(10)} ${value}`)].join("\n");
}

function clipText(clip: number | undefined): string {
  return clip === undefined ? "not clipped" : `clipped at ±${clip}`;
}
