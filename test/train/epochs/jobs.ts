/** Small trainings for tests. */
import { openSession } from "../../../runtime/node/open.ts";
import { Optimisation } from "../../../schemas/index.ts";
import type { FitHooks } from "../../../train/epochs/fit-net.ts";
import type { NetJob } from "../../../train/net-job.ts";
import { ortEngine } from "../../../train/ort/ort-engine.ts";
import { topologyOf } from "../../../train/topology.ts";
import type { TrainedNet } from "../../../train/trained-net.ts";
import { tanhNet, weightsByName } from "../ort/nets.ts";
import { landmarks, MemoryRows, targets } from "./memory-rows.ts";

export const net = tanhNet([landmarks, 16, targets], { dropout: 0.25 });

/** Six epochs of ten steps on 105 rows, three steps a call. */
export function job(optimisation: object = {}, more: Partial<NetJob> = {}): NetJob {
  return {
    topology: topologyOf(net),
    initial: weightsByName(net),
    rateFactors: new Map([["dense_1/kernel", 3]]),
    dataset: "in memory",
    optimisation: Optimisation.parse({
      loss: { kind: "squared" },
      optimiser: { kind: "momentum" },
      learningRate: 0.01,
      schedule: { kind: "decay-on-rise" },
      epochs: 6,
      batchSize: 10,
      stepsPerCall: 3,
      monitorRows: 40,
      seed: 4,
      ...optimisation,
    }),
    ...more,
  };
}

export const oneCohort = { train: { geo: 105 }, validation: { geo: 30 } };

export function hooks(rows: MemoryRows = new MemoryRows(oneCohort), more: Partial<FitHooks> = {}): FitHooks {
  return {
    openEngine: ortEngine(openSession),
    openRows: () => Promise.resolve(rows),
    onProgress: () => undefined,
    onWarning: () => undefined,
    isStopped: () => false,
    availableBytes: () => 2 ** 40,
    ...more,
  };
}

/** What must be equal of two trainings: everything but the times. */
export const outcome = ({ kept, history, notes, selectedOn }: TrainedNet) => ({
  kept: kept.map(({ weights, ...rest }) => ({ ...rest, weights: [...weights] })),
  history: history.map(({ seconds: _s, samplesPerSecond: _r, ...row }) => row),
  notes,
  selectedOn,
});

/** Everything that an optimisation can have at once. */
export const everything = {
  loss: { kind: "huber", delta: 0.5 },
  optimiser: { kind: "adamw" },
  schedule: { kind: "cosine" },
  warmupEpochs: 1,
  clipNorm: 2,
  inputNoise: 0.1,
  inputMask: 0.05,
  averageDecay: 0.9,
};
