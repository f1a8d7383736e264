import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { OpenSession } from "../../runtime/session.ts";
import {
  AppError,
  type DatasetSource,
  type ExpressionDataset,
  type OnProgress,
  type PreparationStep,
  type Scale,
  type SplitRecipe,
  type Standardisation,
} from "../../schemas/index.ts";
import type { Duplicates } from "../dataset/gather.ts";
import type { Missing } from "../dataset/missing.ts";
import { type CohortPlan, type DatasetPlan, planDataset } from "../dataset/plan.ts";
import { planQuantile, type QuantileRequest } from "../dataset/quantile-plan.ts";
import { decideScale } from "../dataset/scale.ts";
import type { SelectionText } from "../dataset/selection.ts";
import { countSplits, type SplitName } from "../dataset/split.ts";
import { standardEpsilon } from "../dataset/standardise.ts";
import { DatasetValues } from "../dataset/values.ts";
import { constantWarnings, leakWarnings } from "../dataset/warnings.ts";
import { identifyIds } from "../genes/identify.ts";
import { geneOfRow } from "../genes/target-id.ts";
import type { ExpressionSource } from "../source.ts";
import { writeFileAtomic } from "./atomic.ts";
import { datasetFiles } from "./dataset.ts";
import { type ExpectedDataset, inspectFolder, writeFolder } from "./dataset-folder.ts";
import { type Deduped, type DedupeRequest, dedupeInputs, droppedFile, earlierDeduped } from "./dedupe-inputs.ts";
import { writeGctx } from "./gctx-writer.ts";
import { sha256, sha256File } from "./hash.ts";
import { type CohortInput, describeSources, openInputs, type ReadGenes, readGenes } from "./prepare-inputs.ts";

/** What a dataset is made of, and how. */
export interface PrepareOptions {
  /** Cohort names are distinct and not `*`. */
  readonly inputs: readonly CohortInput[];
  readonly landmarks: SelectionText;
  readonly targets: SelectionText;
  /** Files that say which probes measure which gene, besides those that landmarks and targets name. */
  readonly geneMaps?: readonly string[] | undefined;
  /** A file of HGNC with newer gene names than the shipped ones. */
  readonly hgnc?: string | undefined;
  /** Leaves out samples that a cohort holds twice; absent: all stay. */
  readonly dedupe?: DedupeRequest | undefined;
  readonly split: SplitRecipe;
  readonly standardise: Standardisation["fittedOn"];
  /** Largest |z|; absent: no clipping. */
  readonly clip?: number | undefined;
  /** Offset of log2: 0 takes log2(max(x, 1)), o > 0 takes log2(max(x, 0) + o); absent: no logarithm. */
  readonly log2?: number | undefined;
  /** Cohorts that `log2` is for; absent: all. */
  readonly log2Cohorts?: readonly string[] | undefined;
  /** Maps every profile by rank onto one distribution; absent: values stay as they are. */
  readonly quantile?: QuantileRequest | undefined;
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
  /** Opens the graphs that `dedupe` computes distances by. */
  readonly openSession?: OpenSession;
}

/**
 * Makes a dataset directory (DESIGN 3.3) of one or several expression files, or finds it already made. Nothing is
 * visible at `out` before all of it is written.
 * @throws AppError `usage`, `bad-data` or `scale-mismatch` when the inputs do not give such a dataset; `no-input`;
 *   `other-plan` when another dataset is there and `force` is not set; `cannot-create`; `cancelled`.
 */
export async function prepareDataset(options: PrepareOptions, control: PrepareControl = {}): Promise<PrepareReport> {
  const out = resolve(options.out);
  checkLoggedCohorts(options);
  const opened = await openInputs(options.inputs, options.orientation);
  try {
    const genes = await readGenes(options);
    const first = planOf(opened, options, genes);
    const described = await describeSources(options.inputs, opened, control);
    const deduped = await withoutDuplicates(opened, { options, described, control });
    const plan = deduped === undefined ? first : planOf(deduped.sources, options, genes);
    const expected = expectedDataset(plan, { options, genes, described, deduped });
    const facts = { out: options.out, overlap: plan.overlap.length, groups: plan.groups };
    const warnings = [
      ...inputWarnings(opened),
      ...(deduped?.warnings ?? []),
      ...plan.warnings,
      ...leakWarnings(options.standardise, expected),
    ];
    const state = await inspectFolder(out, expected, control.signal);
    if (state.kind === "same") {
      const { dataset, hash } = state;
      return { status: "already-done", dataset, hash, warnings, ...facts };
    }
    if (state.kind === "different" && !options.force) throw otherPlan(out, state.differences);
    const sources = deduped?.sources ?? opened;
    const written = await writeFolder(out, async (folder) => {
      if (deduped !== undefined) await writeFileAtomic(join(folder, droppedFile), deduped.table);
      return writeDataset({ folder, expected, options, sources, control });
    });
    return { status: "prepared", ...written, warnings: [...warnings, ...written.warnings], ...facts };
  } finally {
    await Promise.all(opened.map((source) => source[Symbol.asyncDispose]()));
  }
}

function planOf(sources: readonly ExpressionSource[], options: PrepareOptions, genes: ReadGenes): DatasetPlan {
  const cohorts = sources.map(({ label, genes: ofFile, samples }, index) => ({
    cohort: options.inputs[index]?.cohort ?? label,
    label,
    genes: ofFile,
    samples,
  }));
  return planDataset(cohorts, { ...options, ...genes });
}

interface Deduping {
  readonly options: PrepareOptions;
  readonly described: readonly DatasetSource[];
  readonly control: PrepareControl;
}

/** Seeks duplicates where asked to, unless an earlier preparation at the same place has. */
async function withoutDuplicates(
  opened: readonly ExpressionSource[],
  { options, described, control }: Deduping,
): Promise<Deduped | undefined> {
  const { dedupe: asked, missing, out } = options;
  if (asked === undefined) return undefined;
  const request = { ...asked, missing };
  const inputs = opened.map((source, index) => {
    const cohort = options.inputs[index]?.cohort ?? source.label;
    return { cohort, source, log2: isLogged(cohort, options) ? options.log2 : undefined };
  });
  const { openSession: open, ...watched } = control;
  if (open === undefined) throw new Error("dedupe needs openSession");
  return (
    (await earlierDeduped(resolve(out), inputs, { request, sources: described, steps: logStep(options) })) ??
    (await dedupeInputs(inputs, request, { open, ...watched }))
  );
}

interface Decided {
  readonly options: PrepareOptions;
  readonly genes: ReadGenes;
  readonly described: readonly DatasetSource[];
  readonly deduped: Deduped | undefined;
}

function expectedDataset(plan: DatasetPlan, { options, genes, described, deduped }: Decided): ExpectedDataset {
  const { name, split, standardise: fittedOn, clip, duplicates, quantile } = options;
  const steps: PreparationStep[] = [...(deduped === undefined ? [] : [deduped.step]), ...logStep(options)];
  if (genes.maps.length > 0) {
    const by = plan.cohorts.map(({ cohort, by: how }) => [cohort, how === "probe" ? how : "gene"] as const);
    steps.push({ kind: "gene-map", maps: [...genes.maps], by: Object.fromEntries(by) });
  }
  if (plan.mergedRows > 0) steps.push({ kind: "merge-duplicates", how: mergeOf(duplicates), rows: plan.mergedRows });
  return {
    plan,
    description: { name, sources: [...described], split, steps },
    standardisation: { fittedOn, epsilon: standardEpsilon, ...(clip === undefined ? {} : { clip }) },
    quantile: quantile && planQuantile(quantile, plan, fittedOn),
    scale: options.scale,
    fillsMissing: options.missing === "mean",
  };
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
  const { plan, description, standardisation, quantile } = expected;
  const { onProgress, signal } = control;
  const { missing, standardise: fittedOn, duplicates } = options;
  const stepsOf = ({ cohort, by }: CohortPlan) => ({
    log2: isLogged(cohort, options) ? options.log2 : undefined,
    merge: by === "probe" ? ("mean" as const) : mergeOf(duplicates),
  });
  const values = new DatasetValues({ plan, sources, stepsOf, quantile, fittedOn, missing, onProgress, signal });
  const path = join(folder, datasetFiles.expression);
  const { notes } = await writeGctx(path, {
    genes: plan.genes,
    samples: plan.samples,
    attributes: { src: options.name },
    blocks: values.blocks(),
    ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, phase: "prepare" }) }),
    ...(signal && { signal }),
  });
  const { moments, constant, scales, filled, reference } = values.finish();
  const { scale, level, warnings } = decideScale(scales, { ...options, reference: quantile?.cohort });
  const steps = [...description.steps];
  if (filled > 0) steps.push({ kind: "impute-mean", cells: filled });
  if (quantile !== undefined && reference !== undefined)
    steps.push({ kind: "quantile", reference: { ...quantile, values: [...reference] } });
  const { size: total } = await stat(path);
  const onBytes = (done: number): void => onProgress?.({ phase: "hash dataset", done, total, unit: "bytes" });
  const dataset: ExpressionDataset = {
    schemaVersion: 1,
    task: "expression",
    ...description,
    steps,
    samples: plan.samples.ids.length,
    genes: plan.genes.ids.length,
    landmarks: plan.landmark.reduce((sum, flag) => sum + flag, 0),
    targets: plan.target.reduce((sum, flag) => sum + flag, 0),
    idType: identifyIds(plan.genes.ids.map(geneOfRow)),
    scale,
    ...(level === undefined ? {} : { level }),
    standardisation: { ...standardisation, moments },
    counts: countSplits(plan.split.codes),
    expressionSha256: await sha256File(path, { onBytes, signal }),
  };
  const text = datasetText(dataset);
  await writeFileAtomic(join(folder, datasetFiles.description), text);
  return { dataset, hash: sha256(text), warnings: [...warnings, ...constantWarnings(constant), ...notes] };
}

/** With `error` there is nothing to merge: the plan has refused repeated genes. */
function mergeOf(duplicates: Duplicates): "mean" | "max" {
  return duplicates === "max" ? "max" : "mean";
}

function isLogged(cohort: string, { log2, log2Cohorts }: PrepareOptions): boolean {
  return log2 !== undefined && (log2Cohorts?.includes(cohort) ?? true);
}

function logStep({ log2, log2Cohorts }: PrepareOptions): PreparationStep[] {
  if (log2 === undefined) return [];
  return [{ kind: "log2", offset: log2, ...(log2Cohorts === undefined ? {} : { cohorts: [...log2Cohorts] }) }];
}

/** @throws AppError `usage` for cohorts that are not there, or without a logarithm to take of them */
function checkLoggedCohorts({ inputs, log2, log2Cohorts = [] }: PrepareOptions): void {
  const names = inputs.map(({ cohort }) => cohort);
  const unknown = log2Cohorts.filter((cohort) => !names.includes(cohort));
  if (unknown.length === 0 && (log2Cohorts.length === 0 || log2 !== undefined)) return;
  throw new AppError("usage", {
    what: unknown.length > 0 ? "--log2-cohorts names cohorts that are not there" : "--log2-cohorts without --log2",
    ...(unknown.length > 0 && { expected: names.join(", "), got: unknown.join(", ") }),
    advice: unknown.length > 0 ? "Name the inputs: --input NAME=FILE" : "Add --log2 or --log2 OFFSET",
  });
}

/** `dataset.json` for people: indented, but a list of numbers is one line. */
function datasetText(dataset: ExpressionDataset): string {
  const indented = JSON.stringify(dataset, undefined, 2);
  return `${indented.replace(/\[\s+(-?\d[^[\]{}"]*?)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, " ")}]`)}\n`;
}

function inputWarnings(sources: readonly ExpressionSource[]): string[] {
  return sources.flatMap(({ label, warnings }) => warnings.map((warning) => `${label}: ${warning}`));
}

function otherPlan(out: string, differences: readonly string[]): AppError {
  return new AppError("other-plan", {
    what: "there is another dataset already, which differs in",
    where: out,
    examples: differences,
    advice: "Choose another output directory, or replace it with --force",
  });
}
