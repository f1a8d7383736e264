import { mkdtemp, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openSession } from "../../../runtime/node/open.ts";
import type { Progress } from "../../../schemas/index.ts";
import { readCheckpoint } from "../../../train/checkpoint.ts";
import { chainTopology } from "../../../train/ort/chain-topology.ts";
import { fitInThread } from "../../../train/ort/fit-in-thread.ts";
import { type FittedNet, fitNet } from "../../../train/ort/fit-net.ts";
import type { NetJob } from "../../../train/ort/net-job.ts";
import type { ResidentRows } from "../../../train/ort/resident-rows.ts";
import { denseLayers, normals, tanhNet } from "./nets.ts";
import { referenceNet, referenceStep } from "./reference-step.ts";

const [landmarks, targets] = [8, 6];

/** Rows of y = tanh(x·A) + noise. */
function rowsOf(rows: number, seed: number): ResidentRows {
  const x = new Float32Array(new SharedArrayBuffer(4 * rows * landmarks));
  const y = new Float32Array(new SharedArrayBuffer(4 * rows * targets));
  x.set(normals(rows * landmarks, seed));
  const mixing = normals(landmarks * targets, 99);
  const noise = normals(rows * targets, seed + 50, 0.1);
  for (let r = 0; r < rows; r++)
    for (let t = 0; t < targets; t++) {
      let z = 0;
      for (let i = 0; i < landmarks; i++) z += (x[r * landmarks + i] ?? 0) * (mixing[i * targets + t] ?? 0);
      y[r * targets + t] = Math.tanh(z) + (noise[r * targets + t] ?? 0);
    }
  return { rows, x, y };
}

function job(more: Partial<NetJob> = {}): NetJob {
  const model = tanhNet([landmarks, 16, targets], { dropout: 0.25 });
  const weights = denseLayers(model).flatMap(({ name, kernel, bias }): [string, Float32Array][] => [
    [`${name}/kernel`, kernel],
    [`${name}/bias`, bias],
  ]);
  return {
    topology: chainTopology(model),
    initial: new Map(weights),
    train: rowsOf(105, 1),
    validation: rowsOf(30, 2),
    momentum: 0.5,
    rateFactors: new Map([["dense_1/kernel", 3]]),
    learningRate: 0.01,
    rateDecay: 0.9,
    rateFloor: 1e-5,
    epochs: 6,
    batchRows: 10,
    stepsPerCall: 3,
    monitorRows: 40,
    seed: 4,
    ...more,
  };
}

const hooks = { open: openSession, onProgress: () => undefined, isStopped: () => false };

async function checkpointPath(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "landfall-fit-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return join(dir, "net.checkpoint");
}

/** What must be equal of two trainings: everything but the times. */
const outcome = ({ weights, epoch, history }: FittedNet) => ({
  weights: [...weights],
  epoch,
  history: history.map(({ seconds: _s, samplesPerSecond: _r, ...row }) => row),
});

it("learns: the validation MAE falls and the best epoch's weights are kept", async () => {
  const { history, epoch } = await fitNet(job({ epochs: 30 }), hooks);
  const maes = history.map((row) => row.validationMae ?? Number.NaN);
  expect(maes[epoch - 1]).toBe(Math.min(...maes));
  expect(Math.min(...maes)).toBeLessThan(0.6 * (maes[0] ?? 0));
});

it("draws new masks in every epoch, as the float64 reference does", async () => {
  // One row: its order in an epoch is known.
  const [train, epochs] = [rowsOf(1, 1), 5];
  const one = job({ train, validation: rowsOf(0, 2), batchRows: 1, epochs, rateDecay: 1 });
  const { weights } = await fitNet(one, hooks);
  const net = referenceNet(tanhNet([landmarks, 16, targets], { dropout: 0.25 }));
  const options = { rows: 1, rate: 0.01, momentum: 0.5, laterKernelRate: 3, seed: 4 };
  for (let step = 0; step < epochs; step++) referenceStep(net, train, { ...options, step });
  const kernel = weights.get("dense_1/kernel") ?? new Float32Array();
  const worst = Math.max(...kernel.map((value, i) => Math.abs(value - (net[1]?.kernel[i] ?? Number.NaN))));
  expect(worst).toBeLessThan(2e-6);
});

it("keeps the last epoch where there are no validation rows", async () => {
  const { epoch, history } = await fitNet(job({ validation: rowsOf(0, 2) }), hooks);
  expect(epoch).toBe(6);
  expect(history.every((row) => row.validationMae === undefined)).toBe(true);
});

it("gives the same bits in its own thread as in this one", async () => {
  const seen: Progress[] = [];
  const inThread = await fitInThread(job(), { onProgress: (progress) => seen.push(progress) });
  expect(outcome(inThread)).toEqual(outcome(await fitNet(job(), hooks)));
  expect(seen.at(-1)).toMatchObject({ phase: "train", done: 600, total: 600, unit: "profiles" });
});

it("depends on the seed", async () => {
  const [one, other] = [await fitNet(job(), hooks), await fitNet(job({ seed: 5 }), hooks)];
  expect(outcome(other).weights).not.toEqual(outcome(one).weights);
});

// A call is 3 steps, an epoch 10: stops after calls 1, 5, … lie inside epochs and at their ends.
it.each([1, 4, 5, 8, 13])("goes on after a stop at call %d to the weights of a training without a stop", async (at) => {
  const path = await checkpointPath();
  const checkpoint = { path, identity: "a", everySeconds: 1e9, resume: false };
  let calls = 0;
  const stopped = fitNet(job({ checkpoint }), { ...hooks, isStopped: () => ++calls === at });
  await expect(stopped).rejects.toMatchObject({ tag: "cancelled", message: /--resume/ });
  const resumed = await fitNet(job({ checkpoint: { ...checkpoint, resume: true } }), hooks);
  expect(outcome(resumed)).toEqual(outcome(await fitNet(job(), hooks)));
});

it("refuses a checkpoint of another training, and a damaged one", async () => {
  const path = await checkpointPath();
  const checkpoint = { path, identity: "a", everySeconds: 0, resume: false };
  await fitNet(job({ epochs: 1, checkpoint }), hooks);
  await expect(readCheckpoint({ path, identity: "b" })).rejects.toMatchObject({ tag: "other-plan" });
  await truncate(path, (await stat(path)).size - 4);
  await expect(readCheckpoint(checkpoint)).rejects.toMatchObject({ tag: "bad-data", message: /ends early/ });
  await truncate(path, 4);
  await expect(readCheckpoint(checkpoint)).rejects.toMatchObject({ tag: "bad-data" });
  await rm(path);
  await expect(readCheckpoint(checkpoint)).rejects.toMatchObject({ tag: "no-input" });
});

it("stops at a loss that is no number, and says where and what to do", async () => {
  await expect(fitNet(job({ learningRate: 1e30 }), hooks)).rejects.toMatchObject({
    tag: "bad-data",
    message: /epoch 1, step \d+ of 10.*rows of the batch: \d+.*Lower the learning rate/,
  });
});

it("stops in its thread when the signal is aborted", async () => {
  const controller = new AbortController();
  const running = fitInThread(job({ epochs: 100_000 }), {
    onProgress: () => controller.abort(),
    signal: controller.signal,
  });
  await expect(running).rejects.toMatchObject({ tag: "cancelled" });
});

it("lowers the rate by the decay whenever the monitored MAE rose, never below the floor", async () => {
  const { history } = await fitNet(job({ epochs: 60, learningRate: 0.05, rateFloor: 0.04 }), hooks);
  for (const [at, row] of history.entries()) {
    const [before, earlier] = [history[at - 1], history[at - 2]];
    if (before === undefined) continue;
    const rose = earlier !== undefined && before.monitorMae > earlier.monitorMae;
    expect(row.learningRate).toBe(rose ? Math.max(0.04, before.learningRate * 0.9) : before.learningRate);
  }
  expect(history.at(-1)?.learningRate).toBe(0.04);
});
