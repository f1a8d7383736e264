import { expect, it } from "vitest";
import type { Optimisation } from "../../../schemas/index.ts";
import { type EpochErrors, rateAt, ratesFrom } from "../../../train/schedules/rate.ts";

const stepsPerEpoch = 10;

interface Asked {
  readonly history?: readonly EpochErrors[];
  readonly step?: number;
  readonly warmupEpochs?: number;
}

/** The rate at a place of a training of 20 epochs with rate 1. */
const rate = (schedule: Optimisation["schedule"], { history = [], step = 0, warmupEpochs = 0 }: Asked = {}): number =>
  rateAt({ schedule, learningRate: 1, epochs: 20, warmupEpochs }, { history, step, stepsPerEpoch });

const monitored = (...maes: readonly number[]): EpochErrors[] => maes.map((monitorMae) => ({ monitorMae }));
const validated = (...maes: readonly number[]): EpochErrors[] =>
  maes.map((selectedMae) => ({ monitorMae: 1, selectedMae }));
const epochs = (count: number): EpochErrors[] => monitored(...Array.from({ length: count }, () => 1));

it("stays constant", () => {
  expect([0, 3, 19].map((done) => rate({ kind: "constant" }, { history: epochs(done) }))).toEqual([1, 1, 1]);
});

it("decays on rise: after an epoch whose monitored MAE is above the one before, not below the floor", () => {
  const schedule = { kind: "decay-on-rise", factor: 0.5, floor: 0.2 } as const;
  const rates = (...maes: readonly number[]) => rate(schedule, { history: monitored(...maes) });
  expect(rates()).toBe(1);
  expect(rates(0.9)).toBe(1);
  expect(rates(0.9, 0.8)).toBe(1);
  expect(rates(0.9, 0.9)).toBe(1);
  expect(rates(0.9, 1.1)).toBe(0.5);
  // Below the first one, above the one before.
  expect(rates(0.9, 0.5, 0.6)).toBe(0.5);
  expect(rates(0.5, 0.6, 0.7)).toBe(0.25);
  expect(rates(0.5, 0.6, 0.7, 0.8, 0.9)).toBe(0.2);
});

it("leaves a rate that starts below the floor as it is", () => {
  expect(rate({ kind: "decay-on-rise", factor: 0.5, floor: 3 }, { history: monitored(1, 2) })).toBe(1);
});

it("falls on a plateau: when the best MAE is `patience` epochs ago, then counts anew", () => {
  const schedule = { kind: "plateau", factor: 0.5, patience: 2, floor: 0.3 } as const;
  const rates = (...maes: readonly number[]) => rate(schedule, { history: validated(...maes) });
  expect(rates(0.9, 0.8, 0.7)).toBe(1);
  expect(rates(0.7, 0.8)).toBe(1);
  expect(rates(0.7, 0.8, 0.75)).toBe(0.5);
  expect(rates(0.7, 0.7, 0.7)).toBe(0.5);
  expect(rates(0.7, 0.8, 0.75, 0.9)).toBe(0.5);
  expect(rates(0.7, 0.8, 0.6, 0.65)).toBe(1);
  expect(rates(0.7, 0.8, 0.75, 0.9, 0.9)).toBe(0.3);
});

it("steps down after the epochs named", () => {
  const schedule = { kind: "step" as const, epochs: [2, 5], factor: 0.1 };
  const rates = [0, 1, 2, 4, 5, 9].map((done) => rate(schedule, { history: epochs(done) }));
  expect(rates.map((value) => Number(value.toPrecision(12)))).toEqual([1, 1, 0.1, 0.1, 0.01, 0.01]);
});

it("follows half a cosine over all steps down to its floor", () => {
  const schedule = { kind: "cosine", floorShare: 0.1 } as const;
  expect(rate(schedule)).toBe(1);
  expect(rate(schedule, { history: epochs(10) })).toBeCloseTo(0.55, 12);
  const done = (12 * stepsPerEpoch + 7) / (20 * stepsPerEpoch);
  expect(rate(schedule, { history: epochs(12), step: 7 })).toBeCloseTo(0.1 + 0.45 * (1 + Math.cos(Math.PI * done)), 12);
  expect(rate(schedule, { history: epochs(19), step: 9 })).toBeCloseTo(0.1, 3);
});

it("warms up linearly, step by step, under any schedule", () => {
  const warm = (done: number, step: number, schedule: Optimisation["schedule"] = { kind: "constant" }) =>
    rate(schedule, { history: epochs(done), step, warmupEpochs: 1.5 });
  expect(warm(0, 0)).toBeCloseTo(1 / 15, 12);
  expect(warm(0, 9)).toBeCloseTo(10 / 15, 12);
  expect(warm(1, 3)).toBeCloseTo(14 / 15, 12);
  expect([warm(1, 4), warm(1, 5), warm(9, 0)]).toEqual([1, 1, 1]);
  const cosine = { kind: "cosine", floorShare: 0 } as const;
  expect(warm(1, 3, cosine)).toBeCloseTo((14 / 15) * rate(cosine, { history: epochs(1), step: 3 }), 12);
});

it("gives the rates of a call one by one, wherever the call begins", () => {
  const plan = { schedule: { kind: "cosine", floorShare: 0 }, learningRate: 2, epochs: 3, warmupEpochs: 1 } as const;
  const place = { history: epochs(1), stepsPerEpoch };
  const whole = ratesFrom(plan, { ...place, step: 0 }, 10);
  const parts = [...ratesFrom(plan, { ...place, step: 0 }, 4), ...ratesFrom(plan, { ...place, step: 4 }, 6)];
  expect(parts).toEqual([...whole]);
  expect(new Set(parts).size).toBe(10);
});
