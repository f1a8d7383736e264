/**
 * Trains a net epoch by epoch. Everything that decides the weights is in the job and in checkpoints: a training that
 * was stopped and resumed ends with the same bits as one that was not.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import type { Progress } from "../../schemas/index.ts";
import { type EpochRow, type Position, writeCheckpoint } from "../checkpoint.ts";
import type { NetJob } from "../net-job.ts";
import type { RowStore } from "../rows/row-store.ts";
import { type Place, rateAt, ratesFrom } from "../schedules/rate.ts";
import type { TrainedNet } from "../trained-net.ts";
import { diverged } from "./diverged.ts";
import { type Evaluator, maeOf, maesOf, selectionSet, setsOf } from "./evaluation.ts";
import { KeptWeights } from "./kept-weights.ts";
import { leftOutNote } from "./left-out.ts";
import { memoryNote } from "./memory-note.ts";
import { inPieces, readAhead, rowBuffers } from "./read-ahead.ts";
import { requireTrainable } from "./require-trainable.ts";
import { monitoredRows, rowOrder } from "./row-order.ts";
import { rowsPerCall } from "./rows-per-call.ts";
import { startOf } from "./start.ts";
import { bytesOf, type OpenEngine, type RowBlock, weightsIn } from "./step-engine.ts";

/** What training is given by its surroundings. */
export interface FitHooks {
  readonly openEngine: OpenEngine;
  /** Opens the rows of a dataset directory, for the targets given. */
  readonly openRows: (directory: string, options: { readonly targets?: Int32Array }) => Promise<RowStore>;
  readonly onProgress: (progress: Progress) => void;
  /** Told before the first step of what the training is likely to fail by; its notes have it too. */
  readonly onWarning: (warning: string) => void;
  /** Asked between calls of the engine: a run is never interrupted. */
  readonly isStopped: () => boolean;
  /** Memory that this process may still take, asked when its rows are open. */
  readonly availableBytes: () => number;
}

/** What stays the same all through a training. */
interface Setting extends Evaluator {
  readonly job: NetJob;
  readonly hooks: FitHooks;
  readonly selectedOn: string | undefined;
}

class NetFit {
  readonly #setting: Setting;
  readonly #state: ReadonlyMap<string, Float32Array>;
  readonly #kept: KeptWeights;
  readonly #train: Int32Array;
  readonly #stepsPerEpoch: number;
  #position: Position;
  #savedMs = performance.now();

  constructor(setting: Setting, { position, state, kept }: Awaited<ReturnType<typeof startOf>>) {
    this.#setting = setting;
    [this.#position, this.#state] = [position, state];
    this.#kept = new KeptWeights({ selections: position.selections, weights: kept });
    this.#train = setting.store.rowsOf("train");
    this.#stepsPerEpoch = Math.floor(this.#train.length / setting.job.optimisation.batchSize);
  }

  async run(): Promise<Omit<TrainedNet, "device" | "engine">> {
    while (!this.#isOver()) await this.#epoch();
    if (this.#setting.job.checkpoint?.atEnd === true) await this.#save();
    const { history } = this.#position;
    const { selectedOn, job } = this.#setting;
    const { epochs, batchSize } = job.optimisation;
    const notes = [
      leftOutNote(this.#train.length, batchSize) ?? [],
      history.length < epochs ? [`stopped after epoch ${history.length}: no better for ${this.#waited()} epochs`] : [],
    ].flat();
    const chosen = this.#kept.selections.toSorted(
      (a, b) => Number(b.name === selectedOn) - Number(a.name === selectedOn),
    );
    const [first, ...others] = chosen.map((one) => ({
      ...one,
      weights: this.#kept.weights.get(one.epoch) ?? new Map(),
    }));
    const last = { name: "last", epoch: history.length, weights: this.#weights() };
    return { kept: [first ?? last, ...others], history, notes, ...(selectedOn !== undefined && { selectedOn }) };
  }

  #isOver(): boolean {
    const { epochs, patience = Number.POSITIVE_INFINITY } = this.#setting.job.optimisation;
    return this.#position.history.length >= epochs || this.#waited() >= patience;
  }

  /** Epochs since the best by the set that chooses. */
  #waited(): number {
    const best = this.#kept.selections.find(({ name }) => name === this.#setting.selectedOn);
    return best === undefined ? 0 : this.#position.history.length - best.epoch;
  }

  async #epoch(): Promise<void> {
    const { store, buffers, job } = this.#setting;
    const { seed, batchSize } = job.optimisation;
    const order = rowOrder(this.#train, seed, this.#position.history.length);
    const startedMs = performance.now();
    const firstStep = this.#position.step;
    const left = order.subarray(firstStep * batchSize, this.#stepsPerEpoch * batchSize);
    const lists = inPieces(left, this.#stepsPerCall() * batchSize);
    let call = 0;
    for await (const block of readAhead(store, lists, buffers)) {
      await this.#call(block, lists[call++] ?? new Int32Array());
      await this.#betweenCalls();
    }
    const trainedSeconds = Math.max(1e-9, performance.now() - startedMs) / 1000;
    const errors = await this.#errors();
    const row = {
      epoch: this.#position.history.length + 1,
      loss: this.#position.lossSum / this.#stepsPerEpoch,
      ...errors,
      learningRate: rateAt(job.optimisation, { ...this.#place(), step: this.#stepsPerEpoch - 1 }),
      seconds: (performance.now() - startedMs) / 1000,
      samplesPerSecond: ((this.#stepsPerEpoch - firstStep) * batchSize) / trainedSeconds,
    };
    const last = (this.#stepsPerEpoch - 1) * batchSize;
    this.#requireFinite(row, order.subarray(last, last + batchSize));
    this.#endEpoch(row);
    await this.#betweenCalls();
  }

  /** Steps that the buffers hold. */
  #stepsPerCall(): number {
    const { buffers, job } = this.#setting;
    const { batchSize, stepsPerCall } = job.optimisation;
    return Math.min(stepsPerCall, Math.floor(buffers.rows / batchSize));
  }

  /** Takes the block's steps. `rows`: their numbers. */
  async #call(block: RowBlock, rows: Int32Array): Promise<void> {
    const { engine, job } = this.#setting;
    const { batchSize, seed } = job.optimisation;
    const { history, step, lossSum } = this.#position;
    const rates = ratesFrom(job.optimisation, this.#place(), block.rows / batchSize);
    const firstStep = history.length * this.#stepsPerEpoch + step;
    const losses = await engine.run(this.#state, { ...block, rates, firstStep, seed });
    const broken = losses.findIndex((loss) => !Number.isFinite(loss));
    if (broken >= 0)
      throw diverged({
        figure: "the loss",
        got: losses[broken] ?? Number.NaN,
        place: this.#named(`epoch ${history.length + 1}, step ${step + broken + 1} of ${this.#stepsPerEpoch}`),
        batch: rows.subarray(broken * batchSize, (broken + 1) * batchSize),
        learningRate: rates[broken] ?? Number.NaN,
      });
    const sum = losses.reduce((total, loss) => total + loss, lossSum);
    this.#position = { ...this.#position, step: step + losses.length, lossSum: sum };
    this.#report(losses.at(-1) ?? Number.NaN, rates.at(-1) ?? Number.NaN);
  }

  /** A place in this training, of which there may be several. */
  #named(place: string): string {
    const { part } = this.#setting.job;
    return part === undefined ? place : `${part}, ${place}`;
  }

  /** Where the schedule is asked. */
  #place(): Place {
    const { history, step } = this.#position;
    const { selectedOn = "" } = this.#setting;
    const errors = history.map(({ monitorMae, mae }) => {
      const selectedMae = mae[selectedOn];
      return { monitorMae, ...(selectedMae !== undefined && { selectedMae }) };
    });
    return { history: errors, step, stepsPerEpoch: this.#stepsPerEpoch };
  }

  /** Of the weights, or of their averages. */
  async #errors(): Promise<Pick<EpochRow, "mae" | "monitorMae" | "validationMae">> {
    const { store, job } = this.#setting;
    const { seed, monitorRows, logTest } = job.optimisation;
    const mae = await maesOf(this.#setting, this.#weights(), setsOf(store, "validation"));
    const monitorMae = await maeOf(this.#setting, this.#weights(), monitoredRows(this.#train, seed, monitorRows));
    const test = logTest ? await maesOf(this.#setting, this.#weights(), setsOf(store, "test")) : {};
    const { validation } = mae;
    return { monitorMae, mae: { ...mae, ...test }, ...(validation !== undefined && { validationMae: validation }) };
  }

  /**
   * A loss is of the weights before its step: what the last step has broken shows in the epoch's errors alone.
   * @param batch rows of that step
   */
  #requireFinite({ mae, monitorMae, epoch, learningRate }: EpochRow, batch: Int32Array): void {
    const errors = Object.entries({ ...mae, "the monitored training rows": monitorMae });
    for (const [set, got] of errors) {
      if (Number.isFinite(got)) continue;
      const steps = this.#stepsPerEpoch;
      const place = this.#named(`end of epoch ${epoch}, after step ${steps} of ${steps}`);
      throw diverged({ figure: `the MAE of ${set}`, got, place, batch, learningRate });
    }
  }

  /** Keeps what is best, and begins the next epoch. */
  #endEpoch(row: EpochRow): void {
    const { history } = this.#position;
    const { mae, epoch } = row;
    const validation = Object.entries(mae).filter(([name]) => name.startsWith("validation"));
    this.#kept.offer(epoch, validation, this.#weights());
    this.#position = { step: 0, lossSum: 0, selections: [...this.#kept.selections], history: [...history, row] };
  }

  #weights(): ReadonlyMap<string, Float32Array> {
    return weightsIn(this.#setting.engine.state, this.#state);
  }

  /** Saves when it is time; saves and stops when asked to. */
  async #betweenCalls(): Promise<void> {
    const { job, hooks } = this.#setting;
    const { checkpoint } = job;
    const stopped = hooks.isStopped();
    const due = performance.now() - this.#savedMs >= (checkpoint?.everySeconds ?? 0) * 1000;
    if (due || stopped) await this.#save();
    if (!stopped) return;
    const advice = checkpoint === undefined ? "Run it again" : "Run it again with --resume to go on";
    throw new AppError("cancelled", { what: "training was stopped", advice });
  }

  /** Writes the checkpoint, where the job has one. */
  async #save(): Promise<void> {
    const { job, engine } = this.#setting;
    if (job.checkpoint === undefined) return;
    const changing = engine.state.filter(({ kind }) => kind !== "fixed");
    const state = new Map(changing.map(({ name }) => [name, this.#state.get(name) ?? new Float32Array()]));
    await writeCheckpoint(job.checkpoint, { position: this.#position, state, kept: this.#kept.weights });
    this.#savedMs = performance.now();
  }

  #report(loss: number, rate: number): void {
    const { job, selectedOn, hooks } = this.#setting;
    const { epochs, batchSize } = job.optimisation;
    const { history, step } = this.#position;
    const best = this.#kept.selections.find(({ name }) => name === selectedOn);
    const perEpoch = this.#stepsPerEpoch * batchSize;
    const told = best === undefined ? "" : `, best ${best.name} MAE ${best.validationMae.toFixed(4)} (${best.epoch})`;
    hooks.onProgress({
      phase: "train",
      done: history.length * perEpoch + step * batchSize,
      total: epochs * perEpoch,
      unit: "profiles",
      note: `epoch ${history.length + 1}/${epochs}, loss ${loss.toPrecision(4)}${told}, rate ${rate.toPrecision(3)}`,
    });
  }
}

/**
 * Trains the job's net in this thread, which it blocks for each call of the engine.
 * @throws AppError `bad-data` when the loss is no number any more, `cancelled` when stopped (a checkpoint is written
 * first), `bad-model` for a net that cannot be trained, `usage` for options that the dataset does not allow, and as
 * checkpoints do.
 */
export async function fitNet(job: NetJob, hooks: FitHooks): Promise<TrainedNet> {
  await using store = await hooks.openRows(job.dataset, job.targets === undefined ? {} : { targets: job.targets });
  const selectedOn = selectionSet(store, job.optimisation.selectOn);
  const counts = { train: store.rowsOf("train").length, validation: store.rowsOf("validation").length };
  requireTrainable(job.optimisation, counts);
  await using engine = await hooks.openEngine(job);
  const columns = store.landmarks + store.targets;
  const rows = rowsPerCall({ ...job.optimisation, columns, stateBytes: bytesOf(engine.state) });
  const buffers = rowBuffers(store, rows);
  const warning = memoryNote({
    state: engine.state,
    selections: Math.max(1, setsOf(store, "validation").length),
    bufferBytes: 2 * 4 * buffers.rows * columns,
    availableBytes: hooks.availableBytes(),
  });
  if (warning !== undefined) hooks.onWarning(warning);
  const start = await startOf(job, engine);
  const fit = await new NetFit({ job, hooks, store, engine, buffers, selectedOn }, start).run();
  const notes = [...(engine.notes ?? []), ...(warning === undefined ? [] : [warning]), ...fit.notes];
  return { ...fit, notes, device: engine.device, engine: engine.name };
}
