import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRecipe } from "../../cli/recipe.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { prepareDataset } from "../../data/node/prepare.ts";
import { exportRun } from "../../export/expression.ts";
import { openSession } from "../../runtime/node/open.ts";
import { LinearRecipe, type Progress, ResidualRecipe } from "../../schemas/index.ts";
import { fitLinear } from "../../train/families/linear.ts";
import { fitResidual } from "../../train/families/residual.ts";
import { predictionDirections } from "../../train/families/target-directions.ts";
import { validationMae } from "../../train/families/validation-mae.ts";
import { weightsByName } from "../../train/layers-model.ts";
import { secondMoments } from "../../train/second-moments.ts";
import { train } from "../../train/train.ts";
import { prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";
import { context, inputFrom, type RecipeFields } from "./family-input.ts";
import { predictByTfjs } from "./loaded-by-tfjs.ts";
import { distance, normals } from "./ort/nets.ts";
import { linearData } from "./simulated-data.ts";

const [landmarks, targets] = [10, 11];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-residual-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const recipe = ({ optimisation, ...more }: RecipeFields = {}) =>
  ResidualRecipe.parse({
    schemaVersion: 1,
    name: "test",
    family: "residual",
    optimisation: { batchSize: 20, epochs: 3, learningRate: 0.003, ...optimisation },
    ...more,
  });
const blocks = { width: 16, depth: 1, dropout: 0 };
const kernel = { kind: "kernel", clusters: 2 };

/** 10 landmarks; 10 targets that are tanh of sums and products of them, and a landmark that is a target too. */
async function dataset(samples = 150): Promise<string> {
  const x = normals(samples * landmarks, 1);
  const noise = normals(samples * landmarks, 2, 0.1);
  await writeSmallCohort(join(folder, "a.gctx"), {
    samples,
    genes: 20,
    value: (sample, gene) => {
      const of = (i: number): number => x[sample * landmarks + ((gene + i) % landmarks)] ?? 0;
      const own = noise[sample * landmarks + (gene % landmarks)] ?? 0;
      return 8 + (gene < landmarks ? of(0) : own + Math.tanh(1.5 * of(0) + of(3)) + 0.5 * of(5) * of(7));
    },
  });
  await prepareDataset(prepareOptions(join(folder, "a.gctx"), join(folder, "data")));
  return join(folder, "data");
}

const x = normals(9 * landmarks, 5);

describe("a recipe", () => {
  it.each(["residual", "residual-net", "residual-small"])("recipes/%s.json is one", async (name) => {
    expect(await readRecipe(`recipes/${name}.json`, ["optimisation.epochs=7"])).toMatchObject({
      family: "residual",
      optimisation: { epochs: 7 },
    });
  });

  it("needs a start or blocks, and trains on no start but ridge with one member", () => {
    expect(() => recipe({ start: { kind: "none" } })).toThrow(/there must be blocks/);
    for (const more of [{}, { start: kernel, blocks }, { blocks: { ...blocks, members: 2 } }])
      expect(() => recipe({ ...more, trainStart: true })).toThrow(/only a ridge start/);
    expect(() => recipe({ start: { kind: "kernel", gamma: 1 } })).toThrow(/gamma/);
  });
});

describe("without blocks the model is its start", () => {
  it("ridge: what the family linear fits", async () => {
    const input = await inputFrom(await dataset());
    const linear = LinearRecipe.parse({ schemaVersion: 1, name: "ridge", family: "linear" });
    await using ridge = await fitLinear(linear, input);
    await using fitted = await fitResidual(recipe(), input);
    expect(distance(await fitted.predictZ(x, 9), await ridge.predictZ(x, 9))).toBeLessThan(1e-6);
    expect(fitted.selected).toEqual(ridge.selected);
    expect(fitted.training).toBeUndefined();
  });

  it("kernel: better than ridge where regulation is not linear, and in the dataset's order", async () => {
    const input = await inputFrom(await dataset());
    await using ridge = await fitResidual(recipe(), input);
    await using fitted = await fitResidual(recipe({ start: kernel }), input);
    const [own, linear] = [
      await validationMae(fitted.predictZ, input.data, undefined),
      await validationMae(ridge.predictZ, input.data, undefined),
    ];
    expect(own).toBeLessThan(0.95 * (linear ?? 0));
    expect(own).toBeCloseTo(Math.min(...fitted.candidates.slice(-7).map((one) => one.validationMae)), 5);
  });
});

describe("blocks", () => {
  it("learn what ridge leaves; the start stays as it is, and its own error is that of epoch 0", async () => {
    const input = await inputFrom(await dataset(400));
    await using start = await fitResidual(recipe(), input);
    await using fitted = await fitResidual(
      recipe({ blocks: { ...blocks, width: 60 }, optimisation: { epochs: 60 } }),
      input,
    );
    const mae = await validationMae(fitted.predictZ, input.data, undefined);
    const atStart = await validationMae(start.predictZ, input.data, undefined);
    expect(mae).toBeLessThan(0.9 * (atStart ?? 0));
    const epochs = fitted.candidates.filter(({ name }) => name === "epoch");
    expect(epochs.map(({ value }) => value)).toEqual(Array.from({ length: 61 }, (_, i) => i));
    expect(epochs[0]?.validationMae).toBe(atStart);
    expect(Math.min(...epochs.map((one) => one.validationMae))).toBeCloseTo(mae ?? 0, 6);
    for (const [name, values] of weightsByName(start.model))
      expect(weightsByName(fitted.model).get(name)).toEqual(values);
  });

  it("are left out when every epoch is worse than the start: the same bits as without them", async () => {
    const input = await inputFrom(await dataset());
    for (const begin of [{ kind: "ridge" }, kernel]) {
      await using start = await fitResidual(recipe({ start: begin }), input);
      await using fitted = await fitResidual(
        recipe({ start: begin, blocks, optimisation: { learningRate: 5 } }),
        input,
      );
      expect(fitted.selected["epoch"]).toBe(0);
      expect(await fitted.predictZ(x, 9)).toEqual(await start.predictZ(x, 9));
      expect(fitted.notes.join()).toMatch(/the model is the start/);
      expect(fitted.training?.history.length).toBe(3);
    }
  });

  it("on a kernel start see each target's own truth, whatever order the start has", async () => {
    const input = await inputFrom(await dataset());
    await using fitted = await fitResidual(
      recipe({ start: kernel, blocks, optimisation: { epochs: 4, learningRate: 0.0003 } }),
      input,
    );
    expect([...(fitted.targetOrder ?? [])]).not.toEqual(Array.from({ length: targets }, (_, t) => t));
    // The training's own errors, in the start's order of targets, and those of predictions in the dataset's.
    const [atStart, first] = fitted.candidates.filter(({ name }) => name === "epoch").map((one) => one.validationMae);
    expect(Math.abs((first ?? 0) / (atStart ?? 1) - 1)).toBeLessThan(0.1);
    const { epoch = 0 } = fitted.selected;
    const told = fitted.candidates.find(({ name, value }) => name === "epoch" && value === epoch)?.validationMae;
    expect(await validationMae(fitted.predictZ, input.data, undefined)).toBeCloseTo(told ?? Number.NaN, 5);
  });

  it("of ridge that is trained along move it", async () => {
    const input = await inputFrom(await dataset());
    await using start = await fitResidual(recipe(), input);
    await using fitted = await fitResidual(recipe({ blocks, trainStart: true, optimisation: { epochs: 20 } }), input);
    expect(fitted.selected["epoch"]).toBeGreaterThan(0);
    expect(weightsByName(fitted.model).get("start/kernel")).not.toEqual(weightsByName(start.model).get("start/kernel"));
  });

  it.each([
    { activation: "leaky-relu", norm: "none", kind: "residual", depth: 2 },
    { activation: "silu", norm: "layer", kind: "residual", depth: 1, lowRank: 4 },
    { activation: "relu", norm: "batch", kind: "plain", depth: 2, dropout: 0.2 },
    { activation: "adaptive", norm: "layer", kind: "dense", depth: 2 },
  ])("train and predict in tfjs what they predict here: $activation, $norm, $kind", async (more) => {
    const input = await inputFrom(await dataset());
    for (const start of [{ kind: "ridge" }, { kind: "none" }]) {
      const optimisation = { epochs: 6, learningRate: 0.001 };
      const one = recipe({ start, blocks: { ...blocks, ...more }, optimisation });
      await using fitted = await fitResidual(one, input);
      const history = fitted.training?.history ?? [];
      expect(history.at(-1)?.monitorMae).toBeLessThan(history[0]?.monitorMae ?? 0);
      const { epoch } = fitted.selected;
      expect(epoch).toBeGreaterThan(0);
      expect(distance(await predictByTfjs(fitted.model, x, 9), await fitted.predictZ(x, 9))).toBeLessThan(1e-5);
    }
  });

  it("of several members predict the mean of nets that were trained by themselves", async () => {
    const input = await inputFrom(await dataset());
    const optimisation = { epochs: 5, learningRate: 0.001 };
    const one = async (seed: number): Promise<Float32Array> => {
      await using fitted = await fitResidual(recipe({ blocks, optimisation: { ...optimisation, seed } }), input);
      expect(fitted.selected["epoch"]).toBeGreaterThan(0);
      return fitted.predictZ(x, 9);
    };
    await using both = await fitResidual(recipe({ blocks: { ...blocks, members: 2 }, optimisation }), input);
    const [first, second] = [await one(1), await one(2)];
    expect(distance(first, second)).toBeGreaterThan(1e-3);
    const mean = first.map((value, at) => (value + (second[at] ?? 0)) / 2);
    expect(distance(await both.predictZ(x, 9), mean)).toBeLessThan(1e-5);
    expect(Object.keys(both.selected)).toEqual(["lambda", "epoch of member 1", "epoch of member 2"]);
  });

  it("say which member has diverged", async () => {
    const input = await inputFrom(await dataset());
    const two = recipe({ blocks: { ...blocks, members: 2 }, optimisation: { learningRate: 1e38 } });
    await expect(fitResidual(two, input)).rejects.toMatchObject({
      message: expect.stringMatching(/^member-1, .*epoch \d, .*has diverged/),
    });
  });

  it("go on with the member that was stopped, to the same bits", async () => {
    const input = await inputFrom(await dataset());
    const members = recipe({
      blocks: { ...blocks, members: 2 },
      optimisation: { epochs: 30, checkpointSeconds: 3600 },
    });
    await using whole = await fitResidual(members, input);
    const checkpoint = { path: join(folder, "checkpoint"), identity: "i", resume: false };
    const stop = new AbortController();
    const onProgress = ({ note = "" }: Progress): void => {
      if (note.startsWith("member-2")) stop.abort();
    };
    const stopped = fitResidual(members, { ...input, checkpoint, context: { onProgress, signal: stop.signal } });
    await expect(stopped).rejects.toMatchObject({ tag: "cancelled" });
    expect((await readdir(checkpoint.path)).toSorted()).toEqual(["member-1", "member-2"]);
    const trained = new Set<string>();
    const watching = { onProgress: ({ note = "" }: Progress) => void trained.add(note.slice(0, "member-1".length)) };
    const again = { ...input, checkpoint: { ...checkpoint, resume: true }, context: watching };
    await using resumed = await fitResidual(members, again);
    expect(weightsByName(resumed.model)).toEqual(weightsByName(whole.model));
    // The first was over: it left its checkpoint when it was.
    expect([...trained].filter((name) => name.startsWith("member"))).toEqual(["member-2"]);
  });
});

describe("an output of low rank", () => {
  it("begins at the principal components of ridge's predictions: orthonormal, and nothing is left beyond the rank", async () => {
    const data = linearData({ samples: 80, landmarks: 6, targets: 15, seed: 3 });
    const moments = await secondMoments(data, openSession, context);
    const weights = normals(6 * 15, 4);
    const of = (rank: number) => predictionDirections(weights, { moments, rank, open: openSession });
    const directions = await of(6);
    const dot = (a: number, b: number): number =>
      Array.from({ length: 15 }, (_, t) => (directions[a * 15 + t] ?? 0) * (directions[b * 15 + t] ?? 0)).reduce(
        (p, q) => p + q,
      );
    for (let a = 0; a < 6; a++) for (let b = 0; b < 6; b++) expect(dot(a, b)).toBeCloseTo(a === b ? 1 : 0, 5);
    // Predictions have rank 6: their projection on the directions is they themselves.
    const row = Array.from({ length: 15 }, (_, t) =>
      Array.from({ length: 6 }, (_landmark, j) => (data.x[j] ?? 0) * (weights[j * 15 + t] ?? 0)).reduce(
        (p, q) => p + q,
      ),
    );
    const along = Array.from({ length: 6 }, (_, r) =>
      row.reduce((sum, v, t) => sum + v * (directions[r * 15 + t] ?? 0), 0),
    );
    const projected = row.map((_, t) => along.reduce((sum, v, r) => sum + v * (directions[r * 15 + t] ?? 0), 0));
    expect(distance(projected, row)).toBeLessThan(1e-5);
    expect(distance(await of(2), directions.subarray(0, 30))).toBeLessThan(1e-6);
    await expect(of(7)).rejects.toMatchObject({ tag: "usage", message: expect.stringMatching(/blocks\.lowRank/) });
  });
});

it("exports: the served graph agrees with tfjs, and no profile's result depends on its batch", async () => {
  await using opened = await openDataset(await dataset());
  const run = join(folder, "run");
  const small = await readRecipe("recipes/residual-small.json", []);
  await train({
    recipe: small,
    dataset: opened,
    open: openSession,
    device: "cpu",
    out: run,
    onProgress: () => undefined,
  });
  const out = join(folder, "export");
  const manifest = await exportRun({ run, out, open: openSession, onProgress: () => undefined });
  expect(manifest.parity[0]?.maxRelative).toBeLessThan(1e-4);
  expect(manifest.parity[0]?.batchDependence).toBe(0);
});
