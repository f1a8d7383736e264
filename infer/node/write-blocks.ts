import type { Block } from "../../data/source.ts";
import { roundValues } from "../../data/write/round-values.ts";
import { giveBack } from "../../runtime/node/give-back.ts";
import { AppError, isAppError, type OnProgress } from "../../schemas/index.ts";
import type { InputPlan } from "../input-plan.ts";
import { openRanges } from "../plan.ts";
import type { Prediction, Predictor } from "../predictor.ts";
import { TargetBuffers } from "../target-buffers.ts";
import { BlockWriter } from "./block-writer.ts";
import type { InferJob } from "./job.ts";
import { type BlockFacts, type FinishedBlocks, Journal } from "./journal.ts";
import { reopenOutput } from "./output-layout.ts";

/** How to compute what is missing of an output. */
export interface BlockRun {
  readonly job: InferJob;
  /** The input's plan with what the survey found. */
  readonly input: InputPlan;
  readonly finished: FinishedBlocks;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly syncMs: number;
}

/** What a run of blocks came to. */
export interface BlockTotals {
  /** Profiles computed in this run. */
  readonly computed: number;
  /** Facts of all blocks of the output, by number. */
  readonly finished: FinishedBlocks;
}

/**
 * Computes the blocks that are not finished yet and writes them into `<output>.partial`. Whatever stops it, blocks
 * already computed are written and journaled first, as far as the disk allows.
 * @throws AppError `cancelled` and `cannot-create`, after which the job can go on; `bad-data` from the source
 */
export async function writeBlocks(run: BlockRun): Promise<BlockTotals> {
  const { job, syncMs } = run;
  const { files, layout, plan } = job;
  await using file = await reopenOutput(files.partial, layout);
  await using journal = await Journal.open(files.journal, plan.hash, "a");
  const writer = new BlockWriter({ file, journal, syncMs });
  const finished = new Map(run.finished);
  const before = profilesOf(finished, job);
  let computed = 0;
  const report = (): void =>
    run.onProgress?.({
      phase: "infer",
      done: before + computed,
      total: plan.samples,
      unit: "profiles",
      note: plan.provider,
    });
  report();
  try {
    const { input, signal } = run;
    const { manifest } = job.model;
    const limits = { landmarks: manifest.landmarks, maxMissing: plan.options.maxMissing };
    const isDone = (block: number): boolean => run.finished.has(block);
    for await (const { start, prediction, release } of predictions({ job, input, isDone, signal })) {
      const facts = factsOf(prediction, limits);
      const block = start / plan.blockRows;
      await writer.write({ block, start, ...facts }, prediction, release);
      finished.set(block, facts);
      computed += prediction.rows;
      report();
    }
    await writer.finish();
  } catch (error) {
    await writer.salvage();
    throw resumable(error, { job, done: before + writer.recorded });
  }
  return { computed, finished };
}

/** Which blocks of a job to compute. */
export interface OpenBlocks {
  readonly job: InferJob;
  /** The input's plan with what the survey found. */
  readonly input: InputPlan;
  readonly isDone: (block: number) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Predictions of the blocks that are not done, in order. While as many are computed as the session runs side by side, the
 * next block is read and waits in line, so that the session never waits for this thread.
 */
export async function* predictions(open: OpenBlocks): AsyncGenerator<PredictedBlock> {
  const { model } = open.job;
  const ahead: Promise<PredictedBlock>[] = [];
  const memory = targetMemory(model);
  for await (const block of openBlocks(open)) {
    const predicted = predict(block, open, memory);
    // Awaited some blocks later: until then its failure is nobody's.
    predicted.catch(() => undefined);
    ahead.push(predicted);
    if (ahead.length > (model.session.parallelRuns ?? 1)) yield await next(ahead);
  }
  while (ahead.length > 0) yield await next(ahead);
}

/** Takes the first of a queue. */
function next(queue: Promise<PredictedBlock>[]): Promise<PredictedBlock> {
  const first = queue.shift();
  if (first === undefined) throw new Error("nothing is computed ahead");
  return first;
}

async function predict(block: Block, { job, input }: OpenBlocks, memory: TargetMemory): Promise<PredictedBlock> {
  const { round } = job.plan.options;
  const into = memory.take(block.rows);
  const prediction = await job.model.run(block, input, into);
  if (round !== undefined) roundPrediction(prediction, round);
  return { start: block.start, prediction, release: () => memory.give(prediction.targets) };
}

/** Where the targets of a block are put, and what becomes of that memory. */
interface TargetMemory {
  readonly take: (rows: number) => Float32Array | undefined;
  readonly give: (targets: Float32Array) => void;
}

/** Memory that is used again; of a session in another thread what it hands over, which is freed. */
function targetMemory({ session, genes, manifest }: Predictor): TargetMemory {
  if (session.movesOutputs === true) return { take: () => undefined, give: freed };
  const buffers = new TargetBuffers();
  const targets = genes.length - manifest.landmarks;
  return { take: (rows) => buffers.take(rows * targets), give: (values) => buffers.give(values) };
}

function freed({ buffer }: Float32Array): void {
  if (buffer instanceof ArrayBuffer) giveBack(buffer);
}

function roundPrediction({ measured, further, targets }: Prediction, digits: number): void {
  for (const values of [measured, further, targets]) roundValues(values, digits);
}

/** A computed block. */
export interface PredictedBlock {
  /** First profile of the block. */
  readonly start: number;
  readonly prediction: Prediction;
  /** Called when the prediction's targets are needed no more: their memory is used again. */
  readonly release: () => void;
}

async function* openBlocks({ job: { source, plan }, isDone, signal }: OpenBlocks): AsyncGenerator<Block> {
  for (const range of openRanges(plan, isDone)) {
    for await (const block of source.blocks({ ...range, blockRows: plan.blockRows, ...(signal && { signal }) })) {
      if (signal?.aborted) throw new AppError("cancelled", { what: "stopped" });
      yield block;
    }
  }
}

/** What the journal keeps of a block's profiles. */
export function factsOf(
  { ood, missing }: Pick<Prediction, "ood" | "missing">,
  { landmarks, maxMissing }: { readonly landmarks: number; readonly maxMissing: number },
): BlockFacts {
  const most = maxMissing * landmarks;
  return {
    outOfDistribution: ood.reduce((count, score) => count + (score > 1 ? 1 : 0), 0),
    incomplete: missing.reduce((count, lacking) => count + (lacking > most ? 1 : 0), 0),
  };
}

function profilesOf(finished: FinishedBlocks, { plan: { samples, blockRows } }: InferJob): number {
  let profiles = 0;
  for (const block of finished.keys()) profiles += Math.min(samples, (block + 1) * blockRows) - block * blockRows;
  return profiles;
}

/** Says of an error after which the job can go on that it can. */
function resumable(error: unknown, { job, done }: { readonly job: InferJob; readonly done: number }): unknown {
  const { files, plan } = job;
  const progress = `${done} of ${plan.samples} profiles`;
  if (isAppError(error, "cancelled")) {
    const fault = { what: `stopped after ${progress}`, where: files.output };
    return new AppError("cancelled", { ...fault, advice: "The same command goes on from there" }, { cause: error });
  }
  if (isAppError(error, "cannot-create")) {
    const advice = `${error.fault.advice ?? "Mend that"}; the same command then goes on after ${progress}`;
    return new AppError("cannot-create", { ...error.fault, advice }, { cause: error });
  }
  return error;
}
