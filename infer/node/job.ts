import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isZarrFolder } from "../../data/node/atomic-folder.ts";
import { sha256 } from "../../data/node/hash.ts";
import { requireStorage } from "../../data/node/write.ts";
import type { Orientation } from "../../data/read/orientation.ts";
import type { SampleFilter } from "../../data/sample-filter.ts";
import type { ExpressionSource } from "../../data/source.ts";
import type { MatrixContent } from "../../data/write/matrix-content.ts";
import { pathFormat } from "../../data/write/path-format.ts";
import { checkCellIds, commaSeparated, tabbed } from "../../data/write/table-cell.ts";
import { AppError, InferOptions, InferPlan, type OnProgress, type SampleChoice } from "../../schemas/index.ts";
import { choiceAttributes } from "../choice-attributes.ts";
import type { InputPlan } from "../input-plan.ts";
import { inferredFields, outputAttributes } from "../output.ts";
import { canonicalJson, draftPlan } from "../plan.ts";
import { type InferChoices, Predictor } from "../predictor.ts";
import { type Survey, type SurveyPart, surveyInput, surveyTakesPass } from "../survey.ts";
import { fingerprints } from "./fingerprint.ts";
import { inputPaths } from "./input-paths.ts";
import { type JobFiles, jobFiles } from "./job-files.ts";
import type { KnownModel, ModelLoading } from "./load-model.ts";
import { type OpenedInputs, openInputs, readSampleFilter } from "./open-inputs.ts";
import { type OutputLayout, outputLayout } from "./output-layout.ts";

/** What {@link inferFile} is given. */
export interface InferFileOptions {
  /** A model, or one that is being loaded: the inputs are then opened and looked at meanwhile. It stays the caller's. */
  readonly model: Predictor | ModelLoading;
  /** Paths of the inputs, or patterns with `*` and `?`; several make one output, sample after sample. */
  readonly inputs: readonly string[];
  /** Which samples: `meta:FIELD`, `meta:FIELD=VALUE`, or the path of a list of sample ids; all by default. */
  readonly samples?: string | undefined;
  /** Path of the output; its extension names the format unless the options do. */
  readonly output: string;
  readonly options?: InferChoices;
  /** What the rows of a text input are; found out when not given. */
  readonly orientation?: Orientation | undefined;
  /** Profiles a block; by default as many as give 24 MiB of output. */
  readonly blockRows?: number | undefined;
  /** Replace an output, or an unfinished one, of another plan. */
  readonly force?: boolean;
  /** The command line, for the record of the run. */
  readonly command?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** Least time between two syncs; what is not synced yet is computed again after a crash. 1000 by default. */
  readonly syncMs?: number;
}

/** The output of an inference: its plan, its header and its places. */
export interface OutputJob {
  readonly plan: InferPlan;
  /** Of what is written while the output is in the making. */
  readonly layout: OutputLayout;
  readonly files: JobFiles;
}

/** An inference of a file, planned and checked as far as that is possible without the values. */
export interface InferJob extends OutputJob {
  readonly model: Predictor;
  readonly source: ExpressionSource;
  readonly input: InputPlan;
  /** All of the output but its values. */
  readonly content: MatrixContent;
  /** Paths of the inputs, patterns expanded. */
  readonly paths: readonly string[];
  /** What the source is made of. */
  readonly parts: readonly SurveyPart[];
  /** What the survey found or threw, where it was made while the model was being loaded. */
  readonly surveyed?: PromiseSettledResult<Survey> | undefined;
}

/**
 * Opens the inputs and plans their inference; nothing is written. The job owns the source.
 * @throws AppError what the loading of the model throws, whatever else is wrong; `usage`, `no-input`, `bad-data`,
 *   `cannot-create` where the output cannot be what it should
 */
export async function planJob(options: InferFileOptions): Promise<InferJob> {
  const { model } = options;
  if (model instanceof Predictor) return await planWith(options, { known: model, ready: model });
  try {
    return await planWith(options, { known: model.known, ready: model.model });
  } catch (error) {
    await model.model;
    throw error;
  }
}

/** A model as it becomes known. */
interface AwaitedModel {
  readonly known: KnownModel | Promise<KnownModel>;
  readonly ready: Predictor | Promise<Predictor>;
}

async function planWith(options: InferFileOptions, { known, ready }: AwaitedModel): Promise<InferJob> {
  const { output, signal, orientation, blockRows } = options;
  const paths = await inputPaths(options.inputs);
  const { format } = pathFormat(output, options.options?.format);
  const filter = options.samples === undefined ? undefined : await readSampleFilter(options.samples);
  const chosen = InferOptions.parse({ ...options.options, format, samples: filter && choiceOf(filter) });
  requireStorage(format, chosen.storage);
  await checkOutput(output, { inputs: paths, format });
  const opened = await openInputs({ model: await known, paths, options: chosen, filter, orientation, signal });
  const { source, input, parts } = opened;
  try {
    checkText(format, { genes: input.genes.ids, samples: source.samples.ids });
    const inputs = await fingerprints(paths, signal);
    const surveyed = ready instanceof Predictor ? undefined : await earlySurvey(opened, await known, signal);
    const model = await ready;
    const content: MatrixContent = {
      genes: input.genes,
      samples: source.samples,
      reserved: inferredFields,
      attributes: {
        ...outputAttributes(model.manifest, chosen),
        ...choiceAttributes({
          precision: model.precision,
          quantileRanks: input.quantile?.ranks,
          columnsSha256: model.columns === undefined ? undefined : sha256(model.columns),
          samples: chosen.samples,
        }),
      },
      storage: chosen.storage,
    };
    const { manifest, columns, precision, hgnc, session } = model;
    const shape = {
      samples: source.samples.ids.length,
      inputGenes: source.genes.ids.length,
      outputGenes: input.genes.ids.length,
    };
    const { provider } = session;
    const draft = draftPlan({
      manifest,
      columns,
      precision,
      inputs,
      options: chosen,
      hgnc,
      quantileRanks: input.quantile?.ranks,
      provider,
      shape,
      blockRows,
    });
    const plan = InferPlan.parse({ ...draft, hash: sha256(canonicalJson(draft)) });
    const layout = outputLayout(content, plan);
    return { model, paths, source, input, content, parts, plan, layout, files: jobFiles(resolve(output)), surveyed };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The survey of an input where it takes a moment, for whom it may concern: a job that goes on does not need it, and what
 * it throws is of no account before the output is known to be a new one.
 */
async function earlySurvey(
  { source, input, parts }: OpenedInputs,
  { manifest, genes }: KnownModel,
  signal: AbortSignal | undefined,
): Promise<PromiseSettledResult<Survey> | undefined> {
  if (surveyTakesPass(source, input)) return undefined;
  const [surveyed] = await Promise.allSettled([surveyInput(source, input, { manifest, genes, parts, signal })]);
  return surveyed;
}

/** A choice of samples as a plan keeps it: a list by its content, wherever it lies and in whatever order. */
function choiceOf(filter: SampleFilter): SampleChoice {
  if (filter.by === "meta") return filter;
  return { by: "list", ids: filter.ids.length, sha256: sha256(filter.ids.toSorted().join("\n")) };
}

/** An output must not be a folder (Zarr: of something else), nor one of the inputs. */
async function checkOutput(
  output: string,
  { inputs, format }: { readonly inputs: readonly string[]; readonly format: InferOptions["format"] },
): Promise<void> {
  const there = await stat(output).catch(() => undefined);
  if (there === undefined) return;
  if (there.isDirectory() && !(format === "zarr" && (await isZarrFolder(output))))
    throw new AppError("cannot-create", { what: "this is a folder", where: output, advice: "Give the path of a file" });
  for (const input of inputs) {
    const source = await stat(input).catch(() => undefined);
    if (there.ino === source?.ino && there.dev === source.dev)
      throw new AppError("usage", { what: "the output is the input", where: output, advice: "Choose another output" });
  }
}

/** Text formats cannot hold every id: better known now than after the last block. */
function checkText(
  format: InferOptions["format"],
  { genes, samples }: { readonly genes: readonly string[]; readonly samples: readonly string[] },
): void {
  if (format !== "gct" && format !== "tsv" && format !== "csv") return;
  const dialect = format === "csv" ? commaSeparated : tabbed;
  checkCellIds(genes, dialect, "gene ids");
  checkCellIds(samples, dialect, "sample ids");
}
