import { Option } from "commander";
import { axisTablePaths, hasAxisTables } from "../../data/write/axis-table.ts";
import type { InferOutcome } from "../../infer/node/batch.ts";
import type { LoadOptions } from "../../infer/node/load-model.ts";
import type { SummaryOptions } from "../../infer/node/summary.ts";
import type { InferChoices } from "../../infer/predictor.ts";
import { type PrecisionChoice, precisionChoices } from "../../infer/variant.ts";
import type { Device } from "../../runtime/session.ts";
import { Harmonise, MatrixFormat, ValueStorage } from "../../schemas/index.ts";
import type { RegisterCommand } from "../context.ts";
import { deviceOption } from "../device-option.ts";
import { share, wholeNumber } from "../numbers.ts";
import { formatDuration } from "../progress.ts";

/** What the options of an inference give. */
export interface InferFlags extends Pick<Required<InferChoices>, "harmonise" | "scale" | "duplicates" | "maxMissing"> {
  readonly output: string;
  readonly models: string;
  readonly device: Device;
  readonly precision: PrecisionChoice;
  readonly format?: MatrixFormat;
  readonly storage?: ValueStorage;
  readonly round?: number;
  readonly allowScaleMismatch?: boolean;
  readonly samples?: string;
  readonly genes?: string;
  readonly hgnc?: string;
  readonly batchSize?: number;
  readonly threads?: number;
  readonly orientation?: "samples" | "genes";
  readonly force?: boolean;
  readonly json?: boolean;
  readonly summary?: string | true;
  readonly summaryGroup?: string;
}

/** `landfall infer MODEL INPUT… -o OUTPUT`: landmarks in, the whole transcriptome out. */
export const inferCommand: RegisterCommand = (program, context) => {
  const command = program
    .command("infer")
    .description("Infer all genes of a model from the landmarks of expression files; go on where it was stopped.")
    .argument("<model>", "name, name:3, name@production, or a version folder")
    .argument("<input...>", "GCTX, Zarr, Arrow, GCT, TSV or CSV; several, or a quoted glob, make one output")
    .requiredOption(
      "-o, --output <file>",
      "what to write: .gctx, .zarr, .arrow, .gct, .tsv, .csv (text also .gz), .npy; beside tsv, csv and npy what is known of genes and samples, OUTPUT.genes.tsv and OUTPUT.samples.tsv",
    );
  for (const option of inferOptions()) command.addOption(option);
  command
    .option("--summary [file]", "write a page about the quality of the inference (default: OUTPUT.summary.html)")
    .option("--summary-group <field>", "sample field that colours the profiles of the page");
  command.action(async (reference: string, inputs: string[], flags: InferFlags) => {
    const { signal, onProgress } = context;
    const { output, models, orientation, samples, batchSize, force = false } = flags;
    const summaryPage = await plannedSummary(flags);
    const { resolveModel } = await import("../../registry/resolve.ts");
    const { dir } = await resolveModel(reference, { models });
    const [{ beginLoading }, { aboutProfiles }] = await Promise.all([
      import("../../infer/node/load-model.ts"),
      import("../../infer/node/input-paths.ts"),
    ]);
    const profiles = await aboutProfiles(inputs);
    await using loading = beginLoading(dir, { ...(await loadChoices(flags)), profiles, signal });
    const { inferFile } = await import("../../infer/node/batch.ts");
    const outcome = await inferFile({
      model: loading,
      inputs,
      output,
      options: inferChoices(flags),
      samples,
      orientation,
      blockRows: batchSize,
      force,
      command: ["landfall", ...process.argv.slice(2)].join(" "),
      onProgress,
      signal,
    });
    for (const warning of outcome.run.warnings) context.note(`warning: ${warning}`);
    context.note(summary(outcome, output));
    if (summaryPage !== undefined) {
      const model = await loading.model;
      await writeSummary(summaryPage, { model, inputs, samples, orientation, output, run: outcome.run, signal }, flags);
      context.note(`summary    ${summaryPage}`);
    }
    if (flags.json) {
      const { status, run } = outcome;
      const tables = tablesOf(run.plan.options.format, output);
      context.print(JSON.stringify({ status, output, ...(tables.length > 0 && { tables }), ...run }, undefined, 2));
    }
  });
};

/** Where the summary goes, if one is wanted. @throws AppError `usage` for an output that has not what it needs */
async function plannedSummary({ summary: page, output, format }: InferFlags): Promise<string | undefined> {
  if (page === undefined) return undefined;
  const [{ requireSummarised }, { pathFormat }] = await Promise.all([
    import("../../infer/node/summary.ts"),
    import("../../data/write/path-format.ts"),
  ]);
  requireSummarised(pathFormat(output, format).format);
  return page === true ? `${output}.summary.html` : page;
}

async function writeSummary(path: string, what: SummaryOptions, { summaryGroup }: InferFlags): Promise<void> {
  const [{ summarise }, { htmlInference }, { writeFileAtomic }] = await Promise.all([
    import("../../infer/node/summary.ts"),
    import("../../evaluate/inference-page.ts"),
    import("../../data/node/atomic.ts"),
  ]);
  await writeFileAtomic(path, htmlInference(await summarise({ ...what, group: summaryGroup })));
}

/** The options of an inference, by one process or by many. */
export function inferOptions(): Option[] {
  return [
    new Option("--harmonise <how>", "bring the input to the model's distribution by the moments of its own, or by rank")
      .choices(Harmonise.options)
      .default("none"),
    new Option("--scale <units>", "units of inferred genes: the model's scale, or z scores")
      .choices(["native", "z"])
      .default("native"),
    new Option("--duplicates <how>", "several rows of one landmark: refuse them, or merge them")
      .choices(["error", "mean", "max"])
      .default("error"),
    new Option("--max-missing <share>", "largest share of the landmarks that may be missing and is imputed")
      .argParser(share)
      .default(0.1),
    new Option("--allow-scale-mismatch", "infer values that look unlike the model's training data"),
    new Option("--format <format>", "format of the output (default: by its extension)").choices(MatrixFormat.options),
    ...storageOptions(),
    new Option("--models <dir>", "the model repository").default("models"),
    deviceOption(),
    new Option("--precision <bits>", "which of the model's graphs: auto takes the fastest for the device")
      .choices(precisionChoices)
      .default("fp32"),
    new Option("--samples <which>", "infer these samples: a file of ids, or meta:FIELD=VALUE (default: all)"),
    new Option(
      "--genes <which>",
      "infer these targets only: a file of ids, Entrez ids or symbols, or bing (default: all)",
    ),
    new Option("--hgnc <file>", "newer gene names than the shipped ones: an hgnc_complete_set.txt"),
    new Option("--batch-size <profiles>", "profiles a block (default: as many as give 24 MiB)").argParser(
      wholeNumber(1),
    ),
    new Option("--threads <n>", "threads to compute with (default: the machine's cores)").argParser(wholeNumber(1)),
    new Option("--orientation <axis>", "what the rows of a text file are").choices(["samples", "genes"]),
    new Option("--force", "replace an output of another model, input or options"),
    new Option("--json", "print the record of the run"),
  ];
}

/** What the options say of the model's loading. */
export async function loadChoices({ device, precision, threads, genes, hgnc }: InferFlags): Promise<LoadOptions> {
  const { readTargetList } = await import("../../infer/node/target-list.ts");
  return {
    device,
    precision,
    ...(threads !== undefined && { threads }),
    ...(genes !== undefined && { targets: await readTargetList(genes) }),
    hgnc,
  };
}

/** What the options choose of the output's content. */
export function inferChoices(flags: InferFlags): InferChoices {
  const { harmonise, scale, duplicates, maxMissing, allowScaleMismatch = false, format, storage, round } = flags;
  return {
    harmonise,
    scale,
    duplicates,
    maxMissing,
    allowScaleMismatch,
    ...(format !== undefined && { format }),
    // float32 is what an absent storage means: the same plan either way.
    ...(storage === "float16" && { storage }),
    ...(round !== undefined && { round }),
  };
}

/** How values are stored, of any command that writes a matrix. */
export function storageOptions(): Option[] {
  return [
    new Option("--storage <type>", "how values are stored: float16 (11 bits, for gctx, zarr, arrow) is half as large")
      .choices(ValueStorage.options)
      .default("float32"),
    new Option("--round <decimals>", "round all values to so many decimals (default: not rounded)").argParser(
      wholeNumber(0, 9),
    ),
  ];
}

/** What happened, for people. */
function summary({ status, run, resumed }: InferOutcome, output: string): string {
  const { plan, genes, outOfDistribution, computed, seconds, provider } = run;
  const { model, options: chosen } = plan;
  if (status === "already done") return `already done: ${output} (${plan.samples} profiles)`;
  const by = Object.entries(genes.matchedBy).filter(([, found]) => found > 0);
  const missing = genes.missing.slice(0, 5).join(", ") + (genes.missing.length > 5 ? ", …" : "");
  const tables = tablesOf(chosen.format, output);
  const unit = chosen.scale === "z" ? ", z scores" : "";
  const lines: [string, string][] = [
    ["output", `${output}: ${plan.samples} profiles, ${plan.rows} genes${unit}`],
    ...(tables.length > 0 ? [["tables", tables.join(", ")] as [string, string]] : []),
    ["model", `${model.name} ${model.version} (${model.contentHash.slice(0, 12)})`],
    ["landmarks", `${genes.found} of ${genes.landmarks} found (${by.map(([id, n]) => `${n} by ${id}`).join(", ")})`],
    ...(genes.missing.length > 0 ? [["imputed", `${genes.missing.length}: ${missing}`] as [string, string]] : []),
    ["harmonised", chosen.harmonise],
    ["outside", `${outOfDistribution.profiles} profiles (${(100 * outOfDistribution.share).toFixed(1)} %)`],
    ["computed", `${computed} profiles in ${formatDuration(seconds)} (${rate(computed, seconds)}/s) on ${provider}`],
    ...(resumed > 0 ? [["resumed", `${resumed} profiles computed earlier`] as [string, string]] : []),
  ];
  return lines.map(([label, text]) => `${label.padEnd(11)}${text}`).join("\n");
}

/** Tables beside an output, with what its format has no place for. */
export function tablesOf(format: MatrixFormat, output: string): readonly string[] {
  return hasAxisTables(format) ? Object.values(axisTablePaths(output)) : [];
}

function rate(profiles: number, seconds: number): string {
  return Math.round(profiles / Math.max(seconds, 1e-3)).toString();
}
