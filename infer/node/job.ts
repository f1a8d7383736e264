import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256 } from "../../data/node/hash.ts";
import { openExpression } from "../../data/node/open.ts";
import type { Orientation } from "../../data/read/orientation.ts";
import type { ExpressionSource } from "../../data/source.ts";
import { type GctxLayout, gctxLayout } from "../../data/write/gctx-layout.ts";
import { pathFormat } from "../../data/write/path-format.ts";
import { checkCellIds, commaSeparated, tabbed } from "../../data/write/table-cell.ts";
import { AppError, InferOptions, InferPlan, type OnProgress } from "../../schemas/index.ts";
import type { InputPlan } from "../input-plan.ts";
import { inferredFields, outputAttributes } from "../output.ts";
import { canonicalJson, draftPlan } from "../plan.ts";
import type { InferChoices, Predictor } from "../predictor.ts";
import { fingerprint } from "./fingerprint.ts";
import { type JobFiles, jobFiles } from "./job-files.ts";

/** What {@link inferFile} is given. */
export interface InferFileOptions {
  readonly model: Predictor;
  /** Paths of the inputs: one for now. */
  readonly inputs: readonly string[];
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

/** An inference of a file, planned and checked as far as that is possible without the values. */
export interface InferJob {
  readonly model: Predictor;
  readonly source: ExpressionSource;
  readonly input: InputPlan;
  readonly plan: InferPlan;
  /** Of the GCTX file that is written, whatever the output's format. */
  readonly layout: GctxLayout;
  readonly files: JobFiles;
}

/**
 * Opens the input and plans its inference; nothing is written. The job owns the source.
 * @throws AppError `usage`, `no-input`, `bad-data`, `cannot-create` where the output cannot be what it should
 */
export async function planJob(options: InferFileOptions): Promise<InferJob> {
  const { model, output, signal, orientation, blockRows } = options;
  const path = oneInput(options.inputs);
  const { format } = pathFormat(output, options.options?.format);
  const chosen = InferOptions.parse({ ...options.options, format });
  await checkOutput(output, path);
  const source = await openExpression(path, { orientation, signal });
  try {
    const input = model.prepareInput(source.genes, { label: source.label, options: chosen });
    checkText(format, { genes: input.genes.ids, samples: source.samples.ids });
    const layout = gctxLayout({
      genes: input.genes,
      samples: source.samples,
      reserved: inferredFields,
      attributes: outputAttributes(model.manifest, chosen),
    });
    const draft = draftPlan({
      manifest: model.manifest,
      inputs: [await fingerprint(path, signal)],
      options: chosen,
      provider: model.session.provider,
      shape: {
        samples: source.samples.ids.length,
        inputGenes: source.genes.ids.length,
        outputGenes: input.genes.ids.length,
      },
      blockRows,
    });
    const plan = InferPlan.parse({ ...draft, hash: sha256(canonicalJson(draft)) });
    return { model, source, input, plan, layout, files: jobFiles(resolve(output)) };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

function oneInput(inputs: readonly string[]): string {
  const [path, ...others] = inputs;
  if (path !== undefined && others.length === 0) return path;
  throw new AppError("usage", {
    what: "an inference takes one input file",
    got: `${inputs.length} files`,
    advice: "Infer them one by one",
  });
}

/** An output must not be a folder, nor the input itself. */
async function checkOutput(output: string, input: string): Promise<void> {
  const there = await stat(output).catch(() => undefined);
  if (there?.isDirectory())
    throw new AppError("cannot-create", { what: "this is a folder", where: output, advice: "Give the path of a file" });
  const source = await stat(input).catch(() => undefined);
  if (there !== undefined && there.ino === source?.ino && there.dev === source.dev)
    throw new AppError("usage", { what: "the output is the input", where: output, advice: "Choose another output" });
}

/** Text formats cannot hold every id: better known now than after the last block. */
function checkText(
  format: InferOptions["format"],
  { genes, samples }: { readonly genes: readonly string[]; readonly samples: readonly string[] },
): void {
  if (format === "gctx" || format === "npy") return;
  const dialect = format === "csv" ? commaSeparated : tabbed;
  checkCellIds(genes, dialect, "gene ids");
  checkCellIds(samples, dialect, "sample ids");
}
