/**
 * Learning rates as pure functions of the place in the training and of what the epochs before have shown: a resumed
 * training needs no state but its history to go on with the same rates.
 * @module
 */
import type { Optimisation } from "../../schemas/index.ts";

/** What schedules see of a finished epoch; MAE in z units. */
export interface EpochErrors {
  readonly monitorMae: number;
  /** On the rows that choose the epoch. */
  readonly selectedMae?: number;
}

/** The finished epochs, and the steps finished of the next. */
export interface Place {
  readonly history: readonly EpochErrors[];
  readonly step: number;
  readonly stepsPerEpoch: number;
}

export type SchedulePlan = Pick<Optimisation, "schedule" | "learningRate" | "warmupEpochs" | "epochs">;

type Schedule = Optimisation["schedule"];
type Of<K extends Schedule["kind"]> = Extract<Schedule, { kind: K }>;

/** Lowered by a factor, not below the floor; a rate that is below it already stays as it is. */
function lowered(rate: number, { factor, floor }: { readonly factor: number; readonly floor: number }): number {
  return Math.min(rate, Math.max(floor, rate * factor));
}

/** D-GEX: lowered after each epoch whose monitored MAE is above that of the epoch before. */
function decayOnRise(schedule: Of<"decay-on-rise">, base: number, history: readonly EpochErrors[]): number {
  let rate = base;
  for (const [at, { monitorMae }] of history.entries()) {
    const before = history[at - 1]?.monitorMae ?? Number.POSITIVE_INFINITY;
    if (monitorMae > before) rate = lowered(rate, schedule);
  }
  return rate;
}

/** Lowered when `patience` epochs in a row were no better than the best one; the count then begins again. */
function plateau(schedule: Of<"plateau">, base: number, history: readonly EpochErrors[]): number {
  let [rate, best, waited] = [base, Number.POSITIVE_INFINITY, 0];
  for (const { selectedMae = Number.POSITIVE_INFINITY } of history) {
    if (selectedMae < best) [best, waited] = [selectedMae, 0];
    else waited++;
    if (waited < schedule.patience) continue;
    [rate, waited] = [lowered(rate, schedule), 0];
  }
  return rate;
}

const stepwise = ({ factor, epochs }: Of<"step">, base: number, finished: number): number =>
  base * factor ** epochs.filter((epoch) => epoch <= finished).length;

/** rate·(s + (1 − s)·½·(1 + cos π·p)), p the share of all steps that is done (Loshchilov & Hutter 2017, equation 5). */
const cosine = ({ floorShare }: Of<"cosine">, base: number, done: number): number =>
  base * (floorShare + (1 - floorShare) * 0.5 * (1 + Math.cos(Math.PI * done)));

function scheduled({ schedule, learningRate, epochs }: SchedulePlan, { history, step, stepsPerEpoch }: Place): number {
  switch (schedule.kind) {
    case "constant":
      return learningRate;
    case "decay-on-rise":
      return decayOnRise(schedule, learningRate, history);
    case "plateau":
      return plateau(schedule, learningRate, history);
    case "step":
      return stepwise(schedule, learningRate, history.length);
    case "cosine":
      return cosine(schedule, learningRate, (history.length + step / stepsPerEpoch) / epochs);
  }
}

/** The learning rate of the next step: what the schedule says, times the share of the warm-up that is reached with it. */
export function rateAt(plan: SchedulePlan, place: Place): number {
  const warmupSteps = plan.warmupEpochs * place.stepsPerEpoch;
  const taken = place.history.length * place.stepsPerEpoch + place.step + 1;
  return scheduled(plan, place) * (warmupSteps > 0 ? Math.min(1, taken / warmupSteps) : 1);
}

/** The rates of the next `steps` steps of one epoch, `[steps]`. */
export function ratesFrom(plan: SchedulePlan, place: Place, steps: number): Float64Array {
  return Float64Array.from({ length: steps }, (_, at) => rateAt(plan, { ...place, step: place.step + at }));
}
