import { basename, resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { QuantileRequest } from "../../../data/dataset/quantile-plan.ts";
import type { DedupeRequest } from "../../../data/node/dedupe-inputs.ts";
import type { PrepareOptions } from "../../../data/node/prepare.ts";
import { AppError, Scale } from "../../../schemas/index.ts";
import { decimal, integer, notNegative, positive, wholeNumber } from "../../numbers.ts";

/** What the command line says, as commander hands it over. */
export interface PrepareFlags extends Pick<PrepareOptions, "standardise" | "missing" | "duplicates" | "orientation"> {
  readonly input: readonly string[];
  readonly out: string;
  readonly landmarks: string;
  readonly targets: string;
  readonly geneMap?: readonly string[];
  readonly hgnc?: string;
  readonly dedupe?: DedupeRequest["method"];
  readonly dedupeDistance?: number;
  readonly dedupeClusters?: number;
  readonly split: string;
  readonly assign?: readonly string[];
  readonly fractions: [number, number, number];
  readonly testFold: number;
  readonly seed: number;
  readonly log2?: number;
  readonly log2Cohorts?: readonly string[];
  /** True: of the first cohort. */
  readonly quantile?: string | true;
  readonly quantileRanks?: readonly string[];
  readonly clip?: number;
  readonly scale?: Scale;
  readonly name?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** All options, in the groups of the help text. */
export function prepareOptionGroups(): Option[] {
  const groups: Readonly<Record<string, readonly Option[]>> = {
    "Files:": fileOptions(),
    "Genes:": geneOptions(),
    "Samples and split:": sampleOptions(),
    "Values:": valueOptions(),
  };
  return Object.entries(groups).flatMap(([heading, options]) => options.map((option) => option.helpGroup(heading)));
}

function fileOptions(): Option[] {
  return [
    new Option("-i, --input <input...>", "[NAME=]FILE (GCTX, GCT, TSV, CSV); several are cohorts of one dataset"),
    new Option("-o, --out <dataset>", "directory to write"),
    new Option("--name <name>", "name of the dataset (default: the directory's)"),
    new Option("--orientation <axis>", "what the rows of a text file are").choices(["samples", "genes"]),
    new Option("--force", "replace another dataset at the same place"),
    new Option("--json", "print the summary as JSON"),
  ].map((option, index) => option.makeOptionMandatory(index < 2));
}

function geneOptions(): Option[] {
  const selection = "l1000, rest, meta:FIELD[=VALUE], map:FILE or FILE.grp";
  return [
    new Option("--landmarks <genes>", selection).default("meta:lf_landmark"),
    new Option("--targets <genes>", selection).default("meta:lf_target"),
    new Option(
      "--gene-map <file...>",
      "genes and their probes (D-GEX: symbol, Ensembl, probes; or .chip); averages them",
    ),
    new Option("--hgnc <file>", "newer gene names than the shipped ones, for l1000: an hgnc_complete_set.txt"),
    new Option("--duplicates <how>", "several rows of one gene: refuse them, or merge them")
      .choices(["error", "mean", "max"])
      .default("error"),
  ];
}

function sampleOptions(): Option[] {
  return [
    new Option(
      "--dedupe <method>",
      "leave out samples that a cohort holds twice: in clusters as D-GEX, or all pairs",
    ).choices(["kmeans", "exact"]),
    new Option(
      "--dedupe-distance <d>",
      "nearer samples are duplicates (Euclidean, all genes of the file; default: 1)",
    ).argParser(positive),
    new Option(
      "--dedupe-clusters <n>",
      "clusters of kmeans (default: one per 1,000 samples of a cohort, at most 100)",
    ).argParser(wholeNumber(1)),
    new Option("--split <how>", "random, group:FIELD or kfold:K[:FIELD]").default("random"),
    new Option("--fractions <train,validation,test>", "shares of the samples; not for kfold")
      .argParser(fractions)
      .default([0.8, 0.1, 0.1], "0.8,0.1,0.1"),
    new Option("--test-fold <n>", "fold that kfold holds out as test, from 0; the next one is validation")
      .argParser(integer)
      .default(0),
    new Option("--assign <cohort...>", "NAME=train, =validation or =test: a whole cohort; only the others are divided"),
    new Option("--seed <n>", "seed of the split and of --dedupe").argParser(integer).default(0),
  ];
}

function valueOptions(): Option[] {
  return [
    new Option("--log2 [offset]", "take log2(max(x, 1)); with an offset above 0 log2(x + offset)")
      .argParser(notNegative)
      .preset("0"),
    new Option("--log2-cohorts <name...>", "cohorts that --log2 is for (default: all)"),
    new Option("--scale <scale>", "scale of the dataset's values, where they do not tell it").choices(Scale.options),
    new Option("--missing <how>", "refuse missing values, or fill in the cohort's training mean")
      .choices(["refuse", "mean"])
      .default("refuse"),
    new Option("--quantile [name]", "map every profile by rank onto the mean profile of a cohort (default: the first)"),
    new Option("--quantile-ranks <rule...>", "NAME=average (microarrays) or NAME=dense (RNA-seq), where told wrongly"),
    new Option("--standardise <rows>", "rows that mean and sd come from; all and cohort see test rows")
      .choices(["train", "all", "cohort"])
      .default("train"),
    new Option("--clip [z]", "limit z scores to ±z").argParser(positive).preset("8"),
  ];
}

/**
 * Reads what flags say in words.
 * @throws AppError `usage` for a selection, split, assignment or rule that is none, and flags that do not go together.
 */
export async function prepareOptions(flags: PrepareFlags): Promise<PrepareOptions> {
  const { parseSelection } = await import("../../../data/dataset/selection.ts");
  const { parseSplit } = await import("../../../data/dataset/split-recipe.ts");
  const { standardise, missing, duplicates, orientation, log2, log2Cohorts, clip, scale, out } = flags;
  return {
    inputs: cohortInputs(flags.input),
    landmarks: parseSelection(flags.landmarks),
    targets: parseSelection(flags.targets),
    geneMaps: flags.geneMap,
    hgnc: flags.hgnc,
    dedupe: dedupeRequest(flags),
    split: parseSplit(flags),
    name: flags.name ?? basename(resolve(out)),
    force: flags.force ?? false,
    standardise,
    missing,
    duplicates,
    orientation,
    log2,
    log2Cohorts,
    quantile: await quantileRequest(flags),
    clip,
    scale,
    out,
  };
}

function dedupeRequest({
  dedupe: method,
  dedupeDistance: distance,
  dedupeClusters: clusters,
  seed,
}: PrepareFlags): DedupeRequest | undefined {
  if (method === "kmeans" || (method === "exact" && clusters === undefined))
    return { method, distance: distance ?? 1, clusters, seed };
  if (distance === undefined && clusters === undefined) return undefined;
  if (method === "exact")
    throw new AppError("usage", {
      what: "--dedupe-clusters with --dedupe exact, which compares all pairs",
      advice: "Leave it out, or choose --dedupe kmeans",
    });
  const what = distance === undefined ? "--dedupe-clusters" : "--dedupe-distance";
  throw new AppError("usage", { what: `${what} without --dedupe`, advice: "Add --dedupe kmeans or --dedupe exact" });
}

async function quantileRequest({ quantile, quantileRanks }: PrepareFlags): Promise<QuantileRequest | undefined> {
  if (quantile === undefined) {
    if (quantileRanks === undefined) return undefined;
    throw new AppError("usage", { what: "--quantile-ranks without --quantile", advice: "Add --quantile" });
  }
  const { parseRanks } = await import("../../../data/dataset/quantile-plan.ts");
  return { cohort: quantile === true ? undefined : quantile, ranks: parseRanks(quantileRanks ?? []) };
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
