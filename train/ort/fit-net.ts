/**
 * Trains a net epoch by epoch. Everything that decides the weights is in the job and in checkpoints: a training that
 * was stopped and resumed ends with the same bits as one that was not.
 * @module
 */
import { Random } from "../../data/random.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { AppError } from "../../schemas/errors.ts";
import type { Progress } from "../../schemas/index.ts";
import { type EpochRow, type Position, readCheckpoint, writeCheckpoint } from "../checkpoint.ts";
import { squaredError } from "../losses.ts";
import { momentum } from "../optimisers/momentum.ts";
import { maskKey } from "./dropout-mask.ts";
import type { NetJob } from "./net-job.ts";
import { type AbsoluteError, openErrors } from "./net-sessions.ts";
import { gatherRows, type ResidentRows } from "./resident-rows.ts";
import { TrainingSteps } from "./training-steps.ts";

/** What training is given by its surroundings. */
export interface FitHooks {
  readonly open: OpenSession;
  readonly onProgress: (progress: Progress) => void;
  /** Asked between calls of the runtime: a run is never interrupted. */
  readonly isStopped: () => boolean;
}

/** The weights kept, and how they came about. */
export interface FittedNet {
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly epoch: number;
  readonly history: readonly EpochRow[];
  readonly device: string;
}

/** Streams of the seed: one for the monitored rows, then one an epoch (dropout's keys begin at 2⁴⁰). */
const monitorStream = 2 ** 32;
const orderStream = (epoch: number): number => monitorStream + 1 + epoch;

/** Rows of an evaluation at once. */
const evaluatedRows = 1000;

/** The numbers 0 … count − 1 in seeded random order. */
function shuffled(count: number, seed: number, stream: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, at) => at);
  new Random(seed, stream).shuffle(order);
  return order;
}

/** Blocks of x and y that are filled again and again; not shared memory, which the runtime does not take. */
function buffers(rows: number, like: ResidentRows): { readonly x: Float32Array; readonly y: Float32Array } {
  const width = (values: Float32Array): number => values.length / like.rows;
  return { x: new Float32Array(rows * width(like.x)), y: new Float32Array(rows * width(like.y)) };
}

const shortRate = (rate: number): string => rate.toPrecision(3);

class NetFit {
  readonly #job: NetJob;
  readonly #hooks: FitHooks;
  readonly #steps: TrainingSteps;
  readonly #absoluteError: AbsoluteError;
  readonly #state: Map<string, Float32Array>;
  readonly #best: Map<string, Float32Array>;
  readonly #monitor: Int32Array;
  readonly #stepsPerEpoch: number;
  #position: Position;
  #savedMs = performance.now();

  constructor(
    { job, hooks }: { readonly job: NetJob; readonly hooks: FitHooks },
    runtime: { readonly steps: TrainingSteps; readonly absoluteError: AbsoluteError },
    start: Awaited<ReturnType<typeof startOf>>,
  ) {
    [this.#job, this.#hooks] = [job, hooks];
    [this.#steps, this.#absoluteError] = [runtime.steps, runtime.absoluteError];
    [this.#position, this.#state, this.#best] = [start.position, start.state, start.best];
    const { train, seed, monitorRows, batchRows } = job;
    this.#monitor = shuffled(train.rows, seed, monitorStream).subarray(0, monitorRows).toSorted();
    this.#stepsPerEpoch = Math.floor(train.rows / batchRows);
  }

  async run(): Promise<FittedNet> {
    while (this.#position.epoch < this.#job.epochs) await this.#epoch();
    const { best, epoch, history } = this.#position;
    return {
      weights: best === undefined ? this.#weights() : this.#best,
      epoch: best?.epoch ?? epoch,
      history,
      device: this.#steps.device,
    };
  }

  async #epoch(): Promise<void> {
    const { train, batchRows, stepsPerCall, seed, validation } = this.#job;
    const order = shuffled(train.rows, seed, orderStream(this.#position.epoch));
    const block = buffers(stepsPerCall * batchRows, train);
    const startedMs = performance.now();
    const firstStep = this.#position.step;
    while (this.#position.step < this.#stepsPerEpoch) {
      await this.#call(order, block);
      await this.#betweenCalls();
    }
    const trainedSeconds = Math.max(1e-9, performance.now() - startedMs) / 1000;
    const validationMae = validation.rows > 0 ? await this.#mae(validation) : undefined;
    const monitorMae = await this.#mae(train, this.#monitor);
    this.#endEpoch({
      epoch: this.#position.epoch + 1,
      loss: this.#position.lossSum / this.#stepsPerEpoch,
      ...(validationMae !== undefined && { validationMae }),
      monitorMae,
      learningRate: this.#position.learningRate,
      seconds: (performance.now() - startedMs) / 1000,
      samplesPerSecond: ((this.#stepsPerEpoch - firstStep) * batchRows) / trainedSeconds,
    });
    await this.#betweenCalls();
  }

  /** Runs the next steps of the epoch, `stepsPerCall` or what is left. */
  async #call(order: Int32Array, block: { readonly x: Float32Array; readonly y: Float32Array }): Promise<void> {
    const { train, batchRows, stepsPerCall, seed } = this.#job;
    const { epoch, step, learningRate } = this.#position;
    const steps = Math.min(stepsPerCall, this.#stepsPerEpoch - step);
    gatherRows(train, order.subarray(step * batchRows, (step + steps) * batchRows), block);
    const part = (values: Float32Array): Float32Array => values.subarray(0, (values.length / stepsPerCall) * steps);
    const firstStep = epoch * this.#stepsPerEpoch + step;
    const losses = await this.#steps.run(this.#state, {
      steps,
      x: part(block.x),
      y: part(block.y),
      rates: new Float32Array(steps).fill(learningRate),
      keyOf: (draw, at) => maskKey({ seed, step: firstStep + at, draw }),
    });
    const broken = losses.findIndex((loss) => !Number.isFinite(loss));
    if (broken >= 0) {
      const start = (step + broken) * batchRows;
      throw diverged(losses[broken] ?? Number.NaN, {
        place: `epoch ${epoch + 1}, step ${step + broken + 1} of ${this.#stepsPerEpoch}`,
        batch: order.subarray(start, start + batchRows),
        learningRate,
      });
    }
    const lossSum = losses.reduce((sum, loss) => sum + loss, this.#position.lossSum);
    this.#position = { ...this.#position, step: step + steps, lossSum };
    this.#report(losses.at(-1) ?? Number.NaN);
  }

  /** Mean absolute error of the weights on a split, or on some of its rows. */
  async #mae(split: ResidentRows, indices?: Int32Array): Promise<number> {
    const rows = indices ?? Int32Array.from({ length: split.rows }, (_, at) => at);
    const most = Math.min(evaluatedRows, rows.length);
    const block = buffers(most, split);
    let sum = 0;
    for (let start = 0; start < rows.length; start += most) {
      const part = rows.subarray(start, start + most);
      gatherRows(split, part, block);
      const of = (values: Float32Array): Float32Array => values.subarray(0, (values.length / most) * part.length);
      sum += await this.#absoluteError(this.#state, { rows: part.length, x: of(block.x), y: of(block.y) });
    }
    return sum / (rows.length * (split.y.length / split.rows));
  }

  /** Keeps the best weights, lowers the rate where the monitored MAE rose, and begins the next epoch. */
  #endEpoch(row: EpochRow): void {
    const { rateDecay, rateFloor } = this.#job;
    const { best, history, learningRate } = this.#position;
    const { validationMae, monitorMae, epoch } = row;
    if (!Number.isFinite(validationMae ?? monitorMae))
      throw diverged(validationMae ?? monitorMae, { place: `end of epoch ${epoch}`, learningRate });
    const isBest = validationMae !== undefined && validationMae < (best?.validationMae ?? Number.POSITIVE_INFINITY);
    if (isBest) this.#keep();
    const rose = monitorMae > (history.at(-1)?.monitorMae ?? Number.POSITIVE_INFINITY);
    const lowered = rose ? Math.max(rateFloor, learningRate * rateDecay) : learningRate;
    const kept = isBest ? { epoch, validationMae } : best;
    this.#position = {
      epoch,
      step: 0,
      lossSum: 0,
      // A rate that starts below the floor stays as it is.
      learningRate: Math.min(learningRate, lowered),
      ...(kept !== undefined && { best: kept }),
      history: [...history, row],
    };
  }

  /** Copies the weights over the best so far. */
  #keep(): void {
    for (const [name, values] of this.#weights()) {
      const before = this.#best.get(name);
      if (before === undefined) this.#best.set(name, values.slice());
      else before.set(values);
    }
  }

  #weights(): Map<string, Float32Array> {
    const weights = this.#steps.state.filter(({ kind }) => kind === "weight");
    return new Map(weights.map(({ name }) => [name, this.#state.get(name) ?? new Float32Array()]));
  }

  /** Saves when it is time; saves and stops when asked to. */
  async #betweenCalls(): Promise<void> {
    const { checkpoint } = this.#job;
    const stopped = this.#hooks.isStopped();
    const due = performance.now() - this.#savedMs >= (checkpoint?.everySeconds ?? 0) * 1000;
    if (checkpoint !== undefined && (due || stopped)) {
      await writeCheckpoint(checkpoint, { position: this.#position, state: this.#state, best: this.#best });
      this.#savedMs = performance.now();
    }
    if (!stopped) return;
    const advice = checkpoint === undefined ? "Run it again" : "Run it again with --resume to go on";
    throw new AppError("cancelled", { what: "training was stopped", advice });
  }

  #report(loss: number): void {
    const { epochs, batchRows } = this.#job;
    const { epoch, step, best, learningRate } = this.#position;
    const perEpoch = this.#stepsPerEpoch * batchRows;
    const told = best === undefined ? "" : `, best validation MAE ${best.validationMae.toFixed(4)} (${best.epoch})`;
    this.#hooks.onProgress({
      phase: "train",
      done: epoch * perEpoch + step * batchRows,
      total: epochs * perEpoch,
      unit: "profiles",
      note: `epoch ${epoch + 1}/${epochs}, loss ${loss.toPrecision(4)}${told}, rate ${shortRate(learningRate)}`,
    });
  }
}

/** The loss, or what follows from it, is no number. */
function diverged(
  got: number,
  { place, batch, learningRate }: { place: string; batch?: Int32Array; learningRate: number },
): AppError {
  const rows = batch === undefined ? [] : [`training rows of the batch: ${batch.subarray(0, 8).join(", ")}, …`];
  return new AppError("bad-data", {
    what: "the training has diverged: the loss is not a finite number",
    where: place,
    got: String(got),
    examples: rows,
    advice: `Lower the learning rate (it was ${shortRate(learningRate)}), or clip outliers (\`prepare --clip\`)`,
  });
}

async function startOf({ checkpoint, initial, learningRate }: NetJob, { state }: TrainingSteps) {
  if (checkpoint?.resume) {
    const { position, ...arrays } = await readCheckpoint(checkpoint);
    return { position, state: new Map(arrays.state), best: new Map(arrays.best) };
  }
  const position: Position = { epoch: 0, step: 0, lossSum: 0, learningRate, history: [] };
  const count = (dims: readonly number[]): number => dims.reduce((product, length) => product * length, 1);
  const fresh = state.map(({ name, dims }): [string, Float32Array] => [
    name,
    initial.get(name)?.slice() ?? new Float32Array(count(dims)),
  ]);
  return { position, state: new Map(fresh), best: new Map<string, Float32Array>() };
}

/**
 * Trains the job's net in this thread, which it blocks for each call of the runtime.
 * @throws AppError `bad-data` when the loss is no number any more, `cancelled` when stopped (a checkpoint is written
 * first), `bad-model` for a net that cannot be trained, and as checkpoints do.
 */
export async function fitNet(job: NetJob, hooks: FitHooks): Promise<FittedNet> {
  const { topology, batchRows, rateFactors } = job;
  const spec = { topology, batchRows, loss: squaredError, optimiser: momentum(job.momentum), rateFactors };
  await using steps = await TrainingSteps.open(hooks.open, spec);
  const { session, absoluteError } = await openErrors(hooks.open, topology);
  await using _errors = session;
  return await new NetFit({ job, hooks }, { steps, absoluteError }, await startOf(job, steps)).run();
}
