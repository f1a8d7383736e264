import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readRecipe } from "../../cli/recipe.ts";
import { exists } from "../../data/node/exists.ts";
import { prepareDataset } from "../../data/node/prepare.ts";
import { writeSimulation } from "../../data/node/simulate.ts";
import { DgexRecipe, LinearRecipe } from "../../schemas/index.ts";
import { fitDgex } from "../../train/families/dgex.ts";
import { defaultLearningRate, dgexNet, jobOf } from "../../train/families/dgex-net.ts";
import { fitLinear } from "../../train/families/linear.ts";
import { type PredictZ, type TrainingData } from "../../train/standardised.ts";
import { prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";
import { signalAtChange } from "../support/signal-at-change.ts";
import { dgexRecipe, inputFrom } from "./family-input.ts";
import { distance, normals } from "./ort/nets.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-dgex-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A dataset of 20 landmarks whose 20 other genes are tanh of sums, products of landmarks and noise. */
async function nonLinearDataset(samples: number): Promise<string> {
  const landmarks = 20;
  const x = normals(samples * landmarks, 1);
  const noise = normals(samples * landmarks, 2, 0.2);
  const value = (sample: number, gene: number): number => {
    const of = (i: number): number => x[sample * landmarks + ((gene + i) % landmarks)] ?? 0;
    if (gene < landmarks) return 8 + of(0);
    return (
      8 + (noise[sample * landmarks + gene - landmarks] ?? 0) + Math.tanh(1.5 * of(0) + of(3)) + 0.5 * of(5) * of(7)
    );
  };
  await writeSmallCohort(join(folder, "a.gctx"), { samples, genes: 2 * landmarks, value });
  await prepareDataset(prepareOptions(join(folder, "a.gctx"), join(folder, "data")));
  return join(folder, "data");
}

/** Mean absolute error on the test rows. */
async function testMae(data: TrainingData, predict: PredictZ): Promise<number> {
  let sum = 0;
  for await (const { rows, landmarks, targets } of data.blocks("test")) {
    const predicted = await predict(landmarks, rows);
    for (const [i, truth] of targets.entries()) sum += Math.abs(truth - (predicted[i] ?? Number.NaN));
  }
  return sum / (data.count("test") * data.targets);
}

it("has the paper's defaults, and a recipe says only what differs from them", () => {
  const parse = (optimisation?: object) =>
    DgexRecipe.parse({ schemaVersion: 1, name: "d", family: "dgex", ...(optimisation && { optimisation }) });
  const optimisation = {
    loss: { kind: "squared" },
    targetWeights: "equal",
    optimiser: { kind: "momentum", momentum: 0.5 },
    schedule: { kind: "decay-on-rise", factor: 0.9, floor: 1e-5 },
    epochs: 200,
    batchSize: 200,
    monitorRows: 5000,
    logTest: true,
  };
  expect(parse()).toMatchObject({
    hidden: [3000],
    activation: "tanh",
    dropout: 0.1,
    laterKernelRate: 3,
    outputInit: 1e-4,
    optimisation,
  });
  expect(parse({ epochs: 20 }).optimisation).toEqual({ ...parse().optimisation, epochs: 20 });
  expect(parse({ optimiser: { kind: "adamw" } }).optimisation).toMatchObject({
    optimiser: { beta1: 0.9 },
    epochs: 200,
  });
  expect(() => parse({ epoch: 20 })).toThrow(/epoch/);
  expect([[3000], [9000, 9000], [9, 9, 9]].map((hidden) => defaultLearningRate({ hidden }))).toEqual([
    5e-4, 3e-4, 3e-4,
  ]);
});

it.each(["dgex", "dgex-small"])("recipes/%s.json is one, and --set reaches into it", async (name) => {
  const settings = ["optimisation.epochs=7", "optimisation.loss.kind=huber"];
  const read = await readRecipe(`recipes/${name}.json`, settings);
  expect(read).toMatchObject({ family: "dgex", optimisation: { epochs: 7, batchSize: 200, loss: { kind: "huber" } } });
});

it("starts as the paper says: widths, dropout before all layers but the first, uniform kernels, biases 0", () => {
  const net = dgexNet(dgexRecipe({ hidden: [40, 50], dropout: 0.25 }), { landmarks: 30, targets: 60 });
  expect(net.layers.map((layer) => (layer.kind === "dense" ? layer.units : layer.rate))).toEqual([
    40, 0.25, 50, 0.25, 60,
  ]);
  const limits = [Math.sqrt(6 / 70), Math.sqrt(6 / 90), 1e-4];
  for (const [at, layer] of net.layers.filter((one) => one.kind === "dense").entries()) {
    const limit = limits[at] ?? 0;
    const largest = Math.max(...layer.kernel.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(Math.fround(limit));
    expect(largest).toBeGreaterThan(0.98 * limit);
    const variance = layer.kernel.reduce((sum, value) => sum + value * value, 0) / layer.kernel.length;
    expect(variance / (limit ** 2 / 3)).toBeCloseTo(1, 1);
    expect(layer.bias.every((value) => value === 0)).toBe(true);
    expect(layer.activation).toBe(at === 2 ? "linear" : "tanh");
  }
  const without = dgexNet(dgexRecipe({ dropout: 0 }), { landmarks: 3, targets: 4 });
  expect(without.layers.map(({ kind }) => kind)).toEqual(["dense", "dense"]);
});

it("trains what the recipe says: rates, factors, loss and schedule of the paper in the job", async () => {
  const input = { dataset: "data", checkpoint: { path: "p", identity: "i", resume: false } };
  const three = dgexRecipe({ hidden: [4, 5, 6] });
  const model = dgexNet(three, { landmarks: 3, targets: 7 });
  expect(jobOf(three, model, input)).toMatchObject({
    dataset: "data",
    rateFactors: new Map([
      ["hidden_2/kernel", 3],
      ["hidden_3/kernel", 3],
      ["targets/kernel", 3],
    ]),
    optimisation: { ...three.optimisation, learningRate: 3e-4 },
    checkpoint: { ...input.checkpoint, everySeconds: 60 },
  });
});

it("beats ridge where regulation is not linear", async () => {
  const input = await inputFrom(await nonLinearDataset(1500));
  const linear = LinearRecipe.parse({ schemaVersion: 1, name: "ridge", family: "linear" });
  await using ridge = await fitLinear(linear, input);
  const net = dgexRecipe({ hidden: [80], dropout: 0, optimisation: { learningRate: 0.02, epochs: 150 } });
  await using dgex = await fitDgex(net, input);
  const [byRidge, byNet] = [await testMae(input.data, ridge.predictZ), await testMae(input.data, dgex.predictZ)];
  expect(byNet).toBeLessThan(0.7 * byRidge);
  expect(dgex.candidates.map(({ value }) => value)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
  const best = Math.min(...dgex.candidates.map((c) => c.validationMae));
  expect(dgex.candidates.find(({ value }) => value === dgex.selected["epoch"])?.validationMae).toBe(best);
  expect(dgex.training).toMatchObject({ engine: "ort", device: "cpu", seed: 1 });
  // The paper's log has the test error of every epoch; its last bits come from another order of the sum.
  const row = dgex.training?.history.find(({ epoch }) => epoch === dgex.selected["epoch"]);
  expect(row?.mae["test"]).toBeCloseTo(byNet, 6);
});

it("predicts what its model says, computed by hand", async () => {
  const input = await inputFrom(await nonLinearDataset(100));
  await using fitted = await fitDgex(dgexRecipe({ optimisation: { epochs: 2 } }), input);
  const [first, second] = fitted.model.layers.filter((layer) => layer.kind === "dense");
  if (first === undefined || second === undefined) throw new Error("expected two Dense layers");
  const affine = (h: readonly number[], { units, kernel, bias }: typeof first) =>
    Array.from({ length: units }, (_, u) =>
      h.reduce((sum, v, i) => sum + v * (kernel[i * units + u] ?? 0), bias[u] ?? 0),
    );
  const x = normals(2 * 20, 5);
  const expected = [0, 1].flatMap((row) =>
    affine(affine(Array.from(x.subarray(row * 20, row * 20 + 20)), first).map(Math.tanh), second),
  );
  expect(distance(await fitted.predictZ(x, 2), expected)).toBeLessThan(1e-6);
});

it("refuses a batch that is larger than the training split", async () => {
  const fitting = fitDgex(
    dgexRecipe({ optimisation: { batchSize: 200 } }),
    await inputFrom(await nonLinearDataset(30)),
  );
  await expect(fitting).rejects.toMatchObject({
    tag: "usage",
    message: expect.stringMatching(/larger than the training split/),
  });
});

const landfall = (args: readonly string[], env = process.env): ChildProcess =>
  spawn(process.execPath, ["bin/landfall.js", ...args], { stdio: ["ignore", "ignore", "pipe"], env });

/** Waits for the end; throws with stderr when it failed. */
async function finished(child: ChildProcess): Promise<void> {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const status = await new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
  if (status !== 0) throw new Error(`exit ${String(status)}: ${text}`);
}

/** All that an optimisation can have, and nothing of what D-GEX has. */
const modern = {
  loss: { kind: "huber", delta: 0.5 },
  optimiser: { kind: "adamw" },
  schedule: { kind: "cosine" },
  warmupEpochs: 5,
  clipNorm: 5,
  inputNoise: 0.1,
  averageDecay: 0.99,
};

it.each([
  ["the paper's optimisation", {}],
  ["AdamW, averages, noise, Huber's loss and a cosine", modern],
])(
  "goes on after kill -9 to the same weights, bit for bit, as a training without a stop: %s",
  async (_name, more) => {
    const at = (name: string): string => join(folder, name);
    const size = { samples: 400, landmarks: 20, targets: 40, studies: 4, seed: 1 };
    const { path } = await writeSimulation(folder, size, { onProgress: () => undefined });
    await finished(landfall(["prepare", "-i", path, "-o", at("data")]));
    const content = dgexRecipe({ optimisation: { epochs: 60, checkpointSeconds: 0, learningRate: 0.003, ...more } });
    await writeFile(at("recipe.json"), JSON.stringify(content));
    const command = (out: string): string[] => [
      "train",
      at("recipe.json"),
      "--data",
      at("data"),
      "-o",
      at(`runs/${out}`),
    ];
    const train = (out: string, ...flags: readonly string[]) => landfall([...command(out), ...flags]);

    const midway = signalAtChange({ path: at("runs/killed.checkpoint"), signal: "SIGKILL", times: 20 });
    await expect(finished(landfall(command("killed"), midway))).rejects.toThrow("exit SIGKILL");
    expect(await exists(at("runs/killed"))).toBe(false);
    await expect(finished(train("killed"))).rejects.toThrow(/left a checkpoint.*--resume/);
    await finished(train("killed", "--resume"));
    expect(await exists(at("runs/killed.checkpoint"))).toBe(false);
    await finished(train("whole"));
    const weights = (run: string): Promise<Buffer> => readFile(at(`runs/${run}/tfjs/weights.bin`));
    expect((await weights("killed")).equals(await weights("whole"))).toBe(true);
    const history = async (run: string) =>
      (await readFile(at(`runs/${run}/history.jsonl`), "utf8"))
        .trim()
        .split("\n")
        .map((line) => ({ ...JSON.parse(line), seconds: 0, samplesPerSecond: 0 }));
    expect(await history("killed")).toEqual(await history("whole"));
    await expect(finished(train("other", "--resume"))).rejects.toThrow(/no checkpoint to go on from/);
  },
  600_000,
);
