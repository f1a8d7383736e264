/** What every engine does, on every backend: one suite, run by each that can be had here. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as core from "@tensorflow/tfjs-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSession } from "../../../runtime/node/open.ts";
import type { OptimiserRecipe, Progress } from "../../../schemas/index.ts";
import { isAppError } from "../../../schemas/index.ts";
import { engineOf } from "../../../train/engine.ts";
import type { EngineName } from "../../../train/engine-name.ts";
import { fitNet } from "../../../train/epochs/fit-net.ts";
import { initialState } from "../../../train/epochs/step-engine.ts";
import { type LayersModel, weightsByName } from "../../../train/layers-model.ts";
import type { NetJob } from "../../../train/net-job.ts";
import { topologyOf } from "../../../train/topology.ts";
import { everything, hooks, job, net, outcome } from "../epochs/jobs.ts";
import { landmarks, MemoryRows } from "../epochs/memory-rows.ts";
import { distance, normals, optimisation } from "../ort/nets.ts";
import { referenceNet, referenceStep } from "../ort/reference-step.ts";
import { layerNets, inputs as netInputs, targets as netTargets } from "./layer-nets.ts";

/** Weights of order 1 after some float32 steps; engines sum in different orders. */
const float32Steps = 5e-6;
/** Adam's relatives divide by the root of a second moment that may be next to 0: there a rounding error grows. */
const adaptiveSteps = 5e-5;
/** How much farther engines may be that do not compute in float32 all through: CUDA multiplies in TF32 by default. */
const slack = (name: EngineName): number => ({ "tfjs:node-gpu": 200, "tfjs:webgpu": 10 })[name as string] ?? 1;

const betas = { beta1: 0.85, beta2: 0.97, epsilon: 1e-3 };
const optimisers: readonly OptimiserRecipe[] = [
  { kind: "momentum", momentum: 0.7 },
  { kind: "adam", ...betas },
  { kind: "adamw", ...betas, weightDecay: 0.3 },
  { kind: "nadam", ...betas },
];

const [rows, steps] = [8, 6];
const block = {
  rows: steps * rows,
  x: normals(steps * rows * netInputs, 1),
  y: normals(steps * rows * netTargets, 2),
  rates: Float64Array.from({ length: steps }, (_, at) => 0.02 / (1 + 0.3 * at)),
  firstStep: 3,
  seed: 9,
};

const jobOf = (model: LayersModel, more: Partial<NetJob> = {}): NetJob => ({
  topology: topologyOf(model),
  initial: weightsByName(model),
  rateFactors: new Map(),
  dataset: "in memory",
  optimisation: optimisation({}),
  ...more,
});

/** State and losses after the block's steps. */
async function stepped(name: EngineName, given: NetJob) {
  await using engine = await engineOf(name, openSession)(given);
  const state = initialState(engine.state, given.initial);
  return { losses: await engine.run(state, block), state };
}

/** Whether values are those expected, to a tolerance for values of order 1 that grows with larger ones. */
function isNear(values: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): boolean {
  const size = Math.max(1, ...Array.from(expected, Math.abs));
  return distance(values, expected) < tolerance * size;
}

/** Takes the steps on the engine and on `ort`, whose own oracles are float64 and stock tfjs. */
export async function expectSameSteps(name: EngineName, given: NetJob, strict: number = float32Steps): Promise<void> {
  const tolerance = strict * slack(name);
  const [one, expected] = [await stepped(name, given), await stepped("ort", given)];
  expect(isNear(one.losses, expected.losses, tolerance)).toBe(true);
  expect([...one.state.keys()]).toEqual([...expected.state.keys()]);
  const far = [...expected.state].filter(([tensor, values]) => !isNear(one.state.get(tensor) ?? [], values, tolerance));
  expect(far.map(([tensor]) => tensor)).toEqual([]);
  const moved = [...expected.state].filter(([tensor, values]) => distance(values, given.initial.get(tensor) ?? []) > 0);
  expect(moved.length).toBeGreaterThan(1);
}

async function checkpointPath(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "landfall-engine-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return join(dir, "net.checkpoint");
}

/** Why an engine cannot be had here; `undefined` where it can. */
async function whyMissing(name: EngineName): Promise<string | undefined> {
  try {
    await using engine = await engineOf(name, openSession)(job());
    if (engine.name !== name) throw new Error(`${name} is ${engine.name}`);
    return undefined;
  } catch (error) {
    if (isAppError(error, "unavailable")) return error.message;
    throw error;
  }
}

function wholeContract(name: EngineName): void {
  describe(`engine ${name}`, () => {
    const openEngine = engineOf(name, openSession);
    const on: On = (rowsOf, more) => hooks(rowsOf, { openEngine, ...more });
    steppingContract(name);
    for (const contract of name === "ort" ? [] : [layerContract, optimisationContract]) contract(name);
    trainingContract(on);
    endingContract(name, on);
  });
}

const skippedContract = (reason: string) => (name: EngineName) =>
  it(`engine ${name} keeps the contract of engines`, (context) => context.skip(reason));

/** Runs the contract on an engine; where it cannot be had, one test is skipped with the reason. */
export async function engineContract(name: EngineName): Promise<void> {
  const missing = await whyMissing(name);
  const contract = missing === undefined ? wholeContract : skippedContract(missing);
  contract(name);
}

type On = (rowsOf?: MemoryRows, more?: object) => ReturnType<typeof hooks>;

function steppingContract(name: EngineName): void {
  it("takes the steps of the float64 reference, masks and rate factors included", async () => {
    // One row: its order in an epoch is known.
    const one = new MemoryRows({ train: { geo: 1 } });
    const epochs = 8;
    const given = job({ batchSize: 1, epochs, schedule: { kind: "constant" } });
    const { kept } = await fitNet(given, hooks(one, { openEngine: engineOf(name, openSession) }));
    const reference = referenceNet(net);
    const options = { rows: 1, rate: 0.01, momentum: 0.5, laterKernelRate: 3, seed: 4 };
    for (let step = 0; step < epochs; step++) referenceStep(reference, one, { ...options, step });
    for (const [at, { kernel, bias }] of reference.entries()) {
      expect(distance(kept[0].weights.get(`dense_${at}/kernel`) ?? [], kernel)).toBeLessThan(
        slack(name) * float32Steps,
      );
      expect(distance(kept[0].weights.get(`dense_${at}/bias`) ?? [], bias)).toBeLessThan(slack(name) * float32Steps);
    }
  });
}

function layerContract(name: EngineName): void {
  for (const [title, model] of Object.entries(layerNets))
    it(`takes the steps of engine ort with ${title}`, () =>
      expectSameSteps(name, jobOf(model, { rateFactors: new Map([["last/kernel", 1.5]]) }), float32Steps));
}

function optimisationContract(name: EngineName): void {
  for (const optimiser of optimisers)
    it(`takes the steps of engine ort by ${optimiser.kind}, with limited gradients and averages`, async () => {
      const model = layerNets["a residual block"] ?? { name: "", inputs: 0, layers: [] };
      await expectSameSteps(name, jobOf(model, { optimisation: optimisation({ optimiser }) }), adaptiveSteps);
      const limited = optimisation({ optimiser, clipNorm: 2, averageDecay: 0.9 });
      await expectSameSteps(name, jobOf(model, { optimisation: limited }), adaptiveSteps);
    });

  it("takes the steps of engine ort with every loss, weights of targets, and disturbed landmarks", async () => {
    const model = layerNets["Dropout"] ?? { name: "", inputs: 0, layers: [] };
    const targetWeights = Float32Array.of(0.5, 1, 1.5, 0.25, 1.75);
    for (const loss of [{ kind: "squared" }, { kind: "absolute" }, { kind: "huber", delta: 0.6 }] as const) {
      const given = optimisation({ loss, inputNoise: 0.2, inputMask: 0.1 });
      await expectSameSteps(name, jobOf(model, { optimisation: given, targetWeights }), float32Steps);
    }
  });

  it("leaves fixed weights as they are, and serves a batch normalisation whose moments are", async () => {
    const model = layerNets["BatchNormalization"] ?? { name: "", inputs: 0, layers: [] };
    const fixed = ["first/kernel", "inner/moving_mean", "inner/moving_variance"];
    const rateFactors = new Map(fixed.map((weight) => [weight, 0]));
    await expectSameSteps(name, jobOf(model, { rateFactors }), float32Steps);
    const { state } = await stepped(name, jobOf(model, { rateFactors }));
    for (const weight of fixed) expect(state.get(weight)).toEqual(weightsByName(model).get(weight));
  });

  it("leaves a checkpoint that engine ort goes on from", async () => {
    const checkpoint = { path: await checkpointPath(), identity: "a", everySeconds: 1000, resume: false };
    let calls = 0;
    const openEngine = engineOf(name, openSession);
    const stopped = fitNet(
      job(everything, { checkpoint }),
      hooks(undefined, { openEngine, isStopped: () => ++calls === 7 }),
    );
    await expect(stopped).rejects.toMatchObject({ tag: "cancelled" });
    const resumed = await fitNet(job(everything, { checkpoint: { ...checkpoint, resume: true } }), hooks());
    const whole = await fitNet(job(everything), hooks());
    expect(resumed.engine).toBe("ort");
    const maes = ({ history }: typeof whole) => history.map(({ validationMae = Number.NaN }) => validationMae);
    expect(distance(maes(resumed), maes(whole))).toBeLessThan(10 * slack(name) * float32Steps);
  });

  it("gives a row's error whatever the rows beside it, of the weights given", async () => {
    const given = jobOf(layerNets["a residual block"] ?? { name: "", inputs: 0, layers: [] });
    await using engine = await engineOf(name, openSession)(given);
    await using ort = await engineOf("ort", openSession)(given);
    const all = { rows: rows * steps, x: block.x, y: block.y };
    const errors = await engine.rowErrors(given.initial, all);
    expect(distance(errors, await ort.rowErrors(given.initial, all))).toBeLessThan(10 * slack(name) * float32Steps);
    const part = { rows: 3, x: block.x.slice(0, 3 * netInputs), y: block.y.slice(0, 3 * netTargets) };
    expect(distance(await engine.rowErrors(given.initial, part), errors.slice(0, 3))).toBeLessThan(
      10 * slack(name) * float32Steps,
    );
  });
}

function trainingContract(on: On): void {
  it("learns, and keeps the best epoch", async () => {
    const { history, kept, selectedOn } = await fitNet(job({ epochs: 20 }), on());
    const maes = history.map(({ validationMae = Number.NaN }) => validationMae);
    expect(history.at(-1)?.loss).toBeLessThan(0.6 * (history[0]?.loss ?? 0));
    expect(selectedOn).toBe("validation");
    expect(kept[0].validationMae).toBe(Math.min(...maes));
    expect(maes[kept[0].epoch - 1]).toBe(Math.min(...maes));
  });

  it("gives the same bits for the same seed, others for another", async () => {
    const [one, again] = [await fitNet(job(everything), on()), await fitNet(job(everything), on())];
    expect(outcome(again)).toEqual(outcome(one));
    const other = await fitNet(job({ ...everything, seed: 5 }), on());
    expect(outcome(other).kept).not.toEqual(outcome(one).kept);
  });

  it("goes on from a checkpoint to the bits of a training without a stop", async () => {
    const whole = outcome(await fitNet(job(everything), on()));
    const checkpoint = { path: await checkpointPath(), identity: "a", everySeconds: 1000, resume: false };
    let calls = 0;
    const stopped = fitNet(job(everything, { checkpoint }), on(undefined, { isStopped: () => ++calls === 7 }));
    await expect(stopped).rejects.toMatchObject({ tag: "cancelled" });
    const resumed = await fitNet(job(everything, { checkpoint: { ...checkpoint, resume: true } }), on());
    expect(outcome(resumed)).toEqual(whole);
  });
}

function endingContract(name: EngineName, on: On): void {
  it("stops where the loss is no number, with the step and what to do", async () => {
    await expect(fitNet(job({ learningRate: 1e30 }), on())).rejects.toMatchObject({
      tag: "bad-data",
      message: expect.stringMatching(/epoch 1, step \d+ of 10.*rows of the batch: \d+.*Lower the learning rate/),
    });
    const broken = new MemoryRows({ train: { geo: 105 } });
    broken.x[17 * landmarks] = Number.NaN;
    await expect(fitNet(job({ loss: { kind: "huber", delta: 0.5 } }), on(broken))).rejects.toMatchObject({
      tag: "bad-data",
    });
  });

  it("stops when asked, and says how far it is", async () => {
    const seen: Progress[] = [];
    let calls = 0;
    const running = fitNet(
      job(),
      on(undefined, { isStopped: () => ++calls > 2, onProgress: (progress: Progress) => seen.push(progress) }),
    );
    await expect(running).rejects.toMatchObject({ tag: "cancelled" });
    expect(seen.map(({ done, total }) => [done, total])).toEqual([
      [30, 600],
      [60, 600],
      [90, 600],
    ]);
  });

  it("leaves no tensors behind", async () => {
    // Not `core.memory()`: it asks the backend, which is gone when an engine on WebGPU is.
    const held = (): number => core.engine().state.numTensors;
    const before = held();
    const { engine } = await fitNet(job({ ...everything, epochs: 2 }), on());
    expect(engine).toBe(name);
    expect(held()).toBe(before);
  });
}
