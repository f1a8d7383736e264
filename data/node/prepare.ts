import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import {
  AppError,
  type DatasetSource,
  type ExpressionDataset,
  type OnProgress,
  type Scale,
  type SplitRecipe,
  type Standardisation,
} from "../../schemas/index.ts";
import { counted, firstOf } from "../dataset/counted.ts";
import { type Duplicates, type GatherSteps, recordedSteps } from "../dataset/gather.ts";
import type { Missing } from "../dataset/missing.ts";
import { type DatasetPlan, planDataset } from "../dataset/plan.ts";
import { decideScale } from "../dataset/scale.ts";
import { type GeneSelection, parseGrp, type SelectionText } from "../dataset/selection.ts";
import { countSplits, type SplitName } from "../dataset/split.ts";
import { standardEpsilon } from "../dataset/standardise.ts";
import { DatasetValues } from "../dataset/values.ts";
import { identifyIds } from "../genes/identify.ts";
import type { ExpressionSource } from "../source.ts";
import { writeFileAtomic } from "./atomic.ts";
import { datasetFiles } from "./dataset.ts";
import { type ExpectedDataset, inspectFolder, writeFolder } from "./dataset-folder.ts";
import { writeGctx } from "./gctx-writer.ts";
import { sha256, sha256File } from "./hash.ts";
import { openExpression } from "./open.ts";

/** What a dataset is made of, and how. */
export interface PrepareOptions {
  /** Cohort names are distinct and not `*`. */
  readonly inputs: readonly { readonly cohort: string; readonly path: string }[];
  readonly landmarks: SelectionText;
  readonly targets: SelectionText;
  readonly split: SplitRecipe;
  readonly standardise: Standardisation["fittedOn"];
  /** Largest |z|; absent: no clipping. */
  readonly clip?: number | undefined;
  /** Offset of log2: 0 takes log2(max(x, 1)), o > 0 takes log2(max(x, 0) + o); absent: no logarithm. */
  readonly log2?: number | undefined;
  /** Scale of the dataset's values; absent: told from the values. */
  readonly scale?: Scale | undefined;
  readonly missing: Missing;
  readonly duplicates: Duplicates;
  /** Which axis the rows of a text file are; absent: detected. */
  readonly orientation?: "samples" | "genes" | undefined;
  readonly name: string;
  /** The dataset's directory. */
  readonly out: string;
  /** Replace an earlier dataset that is another one. */
  readonly force: boolean;
}

/** What became of a preparation. */
export interface PrepareReport {
  readonly status: "prepared" | "already-done";
  readonly out: string;
  readonly dataset: ExpressionDataset;
  /** sha256 of `dataset.json`. */
  readonly hash: string;
  /** Targets that are landmarks too. */
  readonly overlap: number;
  /** Distinct groups in each split; undefined where the split has no groups. */
  readonly groups: Record<SplitName, number> | undefined;
  readonly warnings: readonly string[];
}

/** How a long job is watched and stopped. */
export interface PrepareControl {
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Makes a dataset directory (DESIGN 3.3) of one or several expression files, or finds it already made. Nothing is
 * visible at `out` before all of it is written.
 * @throws AppError `usage`, `bad-data` or `scale-mismatch` when the inputs do not give such a dataset; `no-input`;
 *   `other-plan` when another dataset is there and `force` is not set; `cannot-create`; `cancelled`.
 */
export async function prepareDataset(options: PrepareOptions, control: PrepareControl = {}): Promise<PrepareReport> {
  const out = resolve(options.out);
  const sources = await openInputs(options);
  try {
    const plan = planDataset(
      sources.map(({ label, genes, samples }, index) => ({
        cohort: options.inputs[index]?.cohort ?? label,
        label,
        genes,
        samples,
      })),
      { ...options, landmarks: await readSelection(options.landmarks), targets: await readSelection(options.targets) },
    );
    const expected: ExpectedDataset = {
      plan,
      description: {
        name: options.name,
        sources: await describeSources(options, sources, control),
        split: options.split,
        steps: recordedSteps(gatherSteps(options), plan.mergedRows),
      },
      standardisation: {
        fittedOn: options.standardise,
        epsilon: standardEpsilon,
        ...(options.clip === undefined ? {} : { clip: options.clip }),
      },
      scale: options.scale,
      fillsMissing: options.missing === "mean",
    };
    const facts = { out: options.out, overlap: overlapOf(plan), groups: plan.groups };
    const warnings = [...inputWarnings(sources), ...plan.warnings, ...leakWarnings(options.standardise)];
    const state = await inspectFolder(out, expected, control.signal);
    if (state.kind === "same") {
      const { dataset, hash } = state;
      return { status: "already-done", dataset, hash, warnings, ...facts };
    }
    if (state.kind === "different" && !options.force) throw otherPlan(out, state.differences);
    const written = await writeFolder(out, (folder) => writeDataset({ folder, expected, options, sources, control }));
    return { status: "prepared", ...written, warnings: [...warnings, ...written.warnings], ...facts };
  } finally {
    await Promise.all(sources.map((source) => source[Symbol.asyncDispose]()));
  }
}

interface Writing {
  readonly folder: string;
  readonly expected: ExpectedDataset;
  readonly options: PrepareOptions;
  readonly sources: readonly ExpressionSource[];
  readonly control: PrepareControl;
}

async function writeDataset({ folder, expected, options, sources, control }: Writing): Promise<{
  dataset: ExpressionDataset;
  hash: string;
  warnings: readonly string[];
}> {
  const { plan, description, standardisation } = expected;
  const { onProgress, signal } = control;
  const { missing, standardise: fittedOn } = options;
  const values = new DatasetValues({ plan, sources, steps: gatherSteps(options), fittedOn, missing, signal });
  const path = join(folder, datasetFiles.expression);
  const { notes } = await writeGctx(path, {
    genes: plan.genes,
    samples: plan.samples,
    attributes: { src: options.name },
    blocks: values.blocks(),
    ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, phase: "prepare" }) }),
    ...(signal && { signal }),
  });
  const { moments, constant, scales, filled } = values.finish();
  const { scale, level, warnings } = decideScale(scales, options);
  const dataset: ExpressionDataset = {
    schemaVersion: 1,
    task: "expression",
    ...description,
    steps: filled === 0 ? description.steps : [...description.steps, { kind: "impute-mean", cells: filled }],
    samples: plan.samples.ids.length,
    genes: plan.genes.ids.length,
    landmarks: plan.landmark.reduce((sum, flag) => sum + flag, 0),
    targets: plan.target.reduce((sum, flag) => sum + flag, 0),
    idType: identifyIds(plan.genes.ids),
    scale,
    ...(level === undefined ? {} : { level }),
    standardisation: { ...standardisation, moments },
    counts: countSplits(plan.split.codes),
    expressionSha256: await sha256File(path, { signal }),
  };
  const text = datasetText(dataset);
  await writeFileAtomic(join(folder, datasetFiles.description), text);
  return { dataset, hash: sha256(text), warnings: [...warnings, ...constantWarnings(constant), ...notes] };
}

/** With `error` there is nothing to merge: the plan has refused repeated genes. */
function gatherSteps({ log2, duplicates }: PrepareOptions): GatherSteps {
  return { log2, merge: duplicates === "max" ? "max" : "mean" };
}

/** `dataset.json` for people: indented, but a list of numbers is one line. */
function datasetText(dataset: ExpressionDataset): string {
  const indented = JSON.stringify(dataset, undefined, 2);
  return `${indented.replace(/\[\s+(-?\d[^[\]{}"]*?)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, " ")}]`)}\n`;
}

async function openInputs({ inputs, orientation }: PrepareOptions): Promise<ExpressionSource[]> {
  const sources: ExpressionSource[] = [];
  try {
    for (const { path } of inputs)
      sources.push(await openExpression(path, orientation === undefined ? {} : { orientation }));
  } catch (error) {
    await Promise.all(sources.map((source) => source[Symbol.asyncDispose]()));
    throw error;
  }
  return sources;
}

async function readSelection(selection: SelectionText): Promise<GeneSelection> {
  if (selection.kind !== "file") return selection;
  const { path } = selection;
  try {
    return { kind: "list", label: basename(path), entries: parseGrp(await readFile(path, "utf8")) };
  } catch (cause) {
    const what = "the gene list cannot be read";
    const advice = "Give l1000, rest, meta:FIELD[=VALUE], or the path of a file with one gene a line";
    throw new AppError("no-input", { what, where: path, got: (cause as Error).message, advice }, { cause });
  }
}

async function describeSources(
  { inputs }: PrepareOptions,
  sources: readonly ExpressionSource[],
  { onProgress, signal }: PrepareControl,
): Promise<DatasetSource[]> {
  const sizes = await Promise.all(inputs.map(async ({ path }) => (await stat(path)).size));
  const total = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const described: DatasetSource[] = [];
  let before = 0;
  for (const [index, { cohort, path }] of inputs.entries()) {
    const onBytes = (bytes: number): void =>
      onProgress?.({ phase: "hash inputs", done: before + bytes, total, unit: "bytes" });
    described.push({
      cohort,
      file: basename(path),
      sha256: await sha256File(path, { onBytes, signal }),
      samples: sources[index]?.samples.ids.length ?? 0,
      genes: sources[index]?.genes.ids.length ?? 0,
    });
    before += sizes[index] ?? 0;
  }
  return described;
}

function overlapOf({ landmark, target }: DatasetPlan): number {
  return landmark.reduce((sum, flag, gene) => sum + flag * (target[gene] ?? 0), 0);
}

function inputWarnings(sources: readonly ExpressionSource[]): string[] {
  return sources.flatMap(({ label, warnings }) => warnings.map((warning) => `${label}: ${warning}`));
}

function leakWarnings(fittedOn: Standardisation["fittedOn"]): string[] {
  if (fittedOn === "train") return [];
  return [
    `standardised on ${fittedOn === "all" ? "all rows" : "all rows of each cohort"}: moments have seen test rows`,
  ];
}

function constantWarnings(constant: readonly string[]): string[] {
  if (constant.length === 0) return [];
  return [`no variation in the training rows for ${counted(constant.length, "gene")}: ${firstOf(constant)}`];
}

function otherPlan(out: string, differences: readonly string[]): AppError {
  return new AppError("other-plan", {
    what: "there is another dataset already, which differs in",
    where: out,
    examples: differences,
    advice: "Choose another output directory, or replace it with --force",
  });
}
