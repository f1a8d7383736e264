import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { writeSimulation } from "../../data/node/simulate.ts";
import { openSession } from "../../runtime/node/open.ts";
import { DgexRecipe, LinearRecipe } from "../../schemas/index.ts";
import { defaultLearningRate, dgexNet, fitDgex } from "../../train/families/dgex.ts";
import { fitLinear } from "../../train/families/linear.ts";
import { secondMoments } from "../../train/second-moments.ts";
import type { PredictZ } from "../../train/standardised.ts";
import { normals } from "./ort/nets.ts";
import { linearData, ResidentData } from "./simulated-data.ts";

const context = { onProgress: () => undefined };
const recipe = (more: object = {}) =>
  DgexRecipe.parse({ schemaVersion: 1, name: "test", family: "dgex", hidden: [12], batchSize: 20, ...more });

/** y = tanh of sums of few landmarks, products of two of them and noise: what a linear map cannot follow. */
function nonLinearData(): ResidentData {
  const [samples, landmarks, targets] = [1200, 20, 30];
  const x = normals(samples * landmarks, 1);
  const noise = normals(samples * targets, 2, 0.2);
  const y = Float32Array.from(noise, (value, at) => {
    const [row, t] = [Math.floor(at / targets) * landmarks, at % targets];
    const of = (i: number): number => x[row + ((t + i) % landmarks)] ?? 0;
    return value + Math.tanh(1.5 * of(0) + of(3)) + 0.5 * of(5) * of(7);
  });
  const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);
  const splits = { train: range(0, 900), validation: range(900, 1050), test: range(1050, 1200) };
  return new ResidentData({ x, y, landmarks, targets }, splits);
}

/** Mean absolute error on the test rows. */
async function testMae(data: ResidentData, predict: PredictZ): Promise<number> {
  let sum = 0;
  for await (const { rows, landmarks, targets } of data.blocks("test")) {
    const predicted = await predict(landmarks, rows);
    for (const [i, truth] of targets.entries()) sum += Math.abs(truth - (predicted[i] ?? Number.NaN));
  }
  return sum / (data.count("test") * data.targets);
}

it("has the paper's defaults", () => {
  expect(DgexRecipe.parse({ schemaVersion: 1, name: "d", family: "dgex" })).toMatchObject({
    hidden: [3000],
    activation: "tanh",
    dropout: 0.1,
    epochs: 200,
    batchSize: 200,
    laterKernelRate: 3,
    momentum: 0.5,
    lrDecay: 0.9,
    lrFloor: 1e-5,
    monitorRows: 5000,
    outputInit: 1e-4,
  });
  expect([[3000], [9000, 9000], [9, 9, 9]].map((hidden) => defaultLearningRate({ hidden }))).toEqual([
    5e-4, 3e-4, 3e-4,
  ]);
});

it("starts as the paper says: widths, dropout before all layers but the first, uniform kernels, biases 0", () => {
  const net = dgexNet(recipe({ hidden: [40, 50], dropout: 0.25 }), { landmarks: 30, targets: 60 });
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
  const without = dgexNet(recipe({ dropout: 0 }), { landmarks: 3, targets: 4 });
  expect(without.layers.map(({ kind }) => kind)).toEqual(["dense", "dense"]);
});

it("beats ridge where regulation is not linear", async () => {
  const data = nonLinearData();
  const moments = await secondMoments(data, openSession, context);
  const input = { data, moments, open: openSession, context };
  const linear = LinearRecipe.parse({ schemaVersion: 1, name: "ridge", family: "linear" });
  await using ridge = await fitLinear(linear, input);
  await using dgex = await fitDgex(recipe({ hidden: [80], learningRate: 0.02, epochs: 150, dropout: 0 }), input);
  const [byRidge, byNet] = [await testMae(data, ridge.predictZ), await testMae(data, dgex.predictZ)];
  expect(byNet).toBeLessThan(0.7 * byRidge);
  expect(dgex.candidates.map(({ value }) => value)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
  const best = Math.min(...dgex.candidates.map((c) => c.validationMae));
  expect(dgex.candidates.find(({ value }) => value === dgex.selected["epoch"])?.validationMae).toBe(best);
  expect(dgex.training).toMatchObject({ engine: "ort", device: "cpu", seed: 1 });
});

it("predicts what its model says, computed by hand", async () => {
  const data = linearData({ samples: 100, landmarks: 5, targets: 3, seed: 1 });
  const moments = await secondMoments(data, openSession, context);
  await using fitted = await fitDgex(recipe({ epochs: 2 }), { data, moments, open: openSession, context });
  const [first, second] = fitted.model.layers.filter((layer) => layer.kind === "dense");
  if (first === undefined || second === undefined) throw new Error("expected two Dense layers");
  const affine = (h: readonly number[], { units, kernel, bias }: typeof first) =>
    Array.from({ length: units }, (_, u) =>
      h.reduce((sum, v, i) => sum + v * (kernel[i * units + u] ?? 0), bias[u] ?? 0),
    );
  const expected = [0, 1].flatMap((row) => {
    const x = Array.from(data.x.subarray(row * 5, row * 5 + 5));
    return affine(affine(x, first).map(Math.tanh), second);
  });
  const predicted = await fitted.predictZ(data.x.slice(0, 10), 2);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - (predicted[i] ?? Number.NaN))))).toBeLessThan(1e-6);
});

it("refuses a batch that is larger than the training split", async () => {
  const data = linearData({ samples: 20, landmarks: 5, targets: 3, seed: 1 });
  const moments = await secondMoments(data, openSession, context);
  const fitting = fitDgex(recipe({ batchSize: 200 }), { data, moments, open: openSession, context });
  await expect(fitting).rejects.toMatchObject({ tag: "usage", message: /larger than the training split/ });
});

const landfall = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ["bin/landfall.js", ...args], { stdio: ["ignore", "ignore", "pipe"] });

/** Waits for the end; throws with stderr when it failed. */
async function finished(child: ChildProcess): Promise<void> {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const status = await new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  if (status !== 0) throw new Error(`exit ${String(status)}: ${text}`);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

it("goes on after kill -9 to the same weights, bit for bit, as a training without a stop", async () => {
  const folder = await mkdtemp(join(tmpdir(), "landfall-dgex-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  const size = { samples: 400, landmarks: 20, targets: 40, studies: 4, seed: 1 };
  const { path } = await writeSimulation(folder, size, { onProgress: () => undefined });
  await finished(landfall(["prepare", "-i", path, "-o", at("data")]));
  const content = { ...recipe({ epochs: 1000, checkpointSeconds: 0.1, learningRate: 0.003 }) };
  await writeFile(at("recipe.json"), JSON.stringify(content));
  const train = (out: string, ...more: readonly string[]) =>
    landfall(["train", at("recipe.json"), "--data", at("data"), "-o", at(`runs/${out}`), ...more]);

  const killed = train("killed");
  while (!(await exists(at("runs/killed.checkpoint")))) await new Promise((resolve) => setTimeout(resolve, 5));
  killed.kill("SIGKILL");
  await finished(killed).catch(() => undefined);
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
});
