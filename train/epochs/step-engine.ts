/**
 * What an engine does: steps on a state, and errors of weights. Epochs, batches, schedules, selection and checkpoints
 * are the same for every engine.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import type { NetJob } from "../net-job.ts";

/**
 * A tensor of a training's state. `weight`s change with the steps, `fixed` weights do not; a `slot` is the optimiser's;
 * an `average` belongs to the weight that it is the moving average of.
 */
export interface StateTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly kind: "weight" | "fixed" | "slot" | "average";
  /** The weight that a slot or average belongs to; the name itself for a weight. */
  readonly weight: string;
}

/** State by name, each of its tensor's dims; steps change the arrays in place. */
export type TrainingState = ReadonlyMap<string, Float32Array>;

/** Rows in z units: x `[rows, L]`, y `[rows, T]`. */
export interface RowBlock {
  readonly rows: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** Consecutive steps: rows batch after batch. */
export interface StepBlock extends RowBlock {
  /** The learning rate of each step, `[steps]`. */
  readonly rates: Float64Array;
  /** Steps taken before, in all epochs. */
  readonly firstStep: number;
  /** Of everything that is drawn in a step. */
  readonly seed: number;
}

/** A net on an engine; dispose it to free what the engine holds. */
export interface StepEngine extends AsyncDisposable {
  readonly name: string;
  readonly device: string;
  readonly state: readonly StateTensor[];
  /** What a reader of the result must know of how the engine was chosen. */
  readonly notes?: readonly string[];
  /**
   * Takes the block's steps and returns the loss before each of them, `[steps]`. After an error the state is undefined.
   */
  run(state: TrainingState, block: StepBlock): Promise<Float32Array>;
  /** Σ|ŷ − y| of each row `[rows]` with the weights given, whatever the rows beside it. */
  rowErrors(weights: TrainingState, block: RowBlock): Promise<Float32Array>;
}

/** Opens the engine for a job. @throws AppError `bad-model` for a net that the engine cannot train. */
export type OpenEngine = (job: NetJob) => Promise<StepEngine>;

const elements = (dims: readonly number[]): number => dims.reduce((product, length) => product * length, 1);

/** Bytes that the values of a state take. */
export const bytesOf = (state: readonly StateTensor[]): number =>
  state.reduce((sum, { dims }) => sum + 4 * elements(dims), 0);

/**
 * A state's start: the initial weights, their averages like them, and slots of 0. The arrays are the caller's, but those
 * of fixed weights are `initial`'s own.
 * @throws AppError `bad-model` naming the weights that have no initial values of their dims.
 */
export function initialState(state: readonly StateTensor[], initial: TrainingState): Map<string, Float32Array> {
  const wrong = state.filter(
    ({ kind, weight, dims }) => kind !== "slot" && initial.get(weight)?.length !== elements(dims),
  );
  if (wrong.length > 0)
    throw new AppError("bad-model", {
      what: "weights have no initial values of their dims",
      examples: wrong.map(({ name, dims }) => `${name} [${dims.join(", ")}]`),
    });
  return new Map(
    state.map(({ name, dims, kind, weight }) => {
      const given = (kind === "slot" ? undefined : initial.get(weight)) ?? new Float32Array(elements(dims));
      return [name, kind === "weight" || kind === "average" ? given.slice() : given];
    }),
  );
}

/** What is evaluated and kept of a state: every weight's values, its moving average's where there is one. Not copied. */
export function weightsIn(state: readonly StateTensor[], values: TrainingState): Map<string, Float32Array> {
  const weights = new Map<string, Float32Array>();
  for (const { name, kind, weight } of state) {
    const own = values.get(name);
    if (kind === "slot" || own === undefined) continue;
    // Averages come behind the weights.
    weights.set(weight, own);
  }
  return weights;
}
