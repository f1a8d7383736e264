import { describe, expect, it } from "vitest";
import { Products } from "../../../runtime/algebra/products.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { KernelStart } from "../../../schemas/index.ts";
import { clusterTargets, geneGroups, oneGroup } from "../../../train/families/kernel/gene-groups.ts";
import { type GroupFit, wholeFits } from "../../../train/families/kernel/group-fit.ts";
import { kernelEnd, kernelLayers } from "../../../train/families/kernel/kernel-layers.ts";
import { drawnPositions, kernelBytes, readRows } from "../../../train/families/kernel/kernel-rows.ts";
import { fitKernelStart } from "../../../train/families/kernel/kernel-start.ts";
import { inDatasetOrder } from "../../../train/families/ordered-prediction.ts";
import { type LayersModel, weightsByName, weightsOf } from "../../../train/layers-model.ts";
import { openPrediction } from "../../../train/ort/net-sessions.ts";
import { secondMoments } from "../../../train/second-moments.ts";
import { topologyOf } from "../../../train/topology.ts";
import { predictByTfjs } from "../loaded-by-tfjs.ts";
import { distance, normals } from "../ort/nets.ts";
import { ResidentData } from "../simulated-data.ts";
import { kernel, rowsOf } from "./oracle.ts";

const context = { onProgress: () => undefined };
const [landmarks, targets] = [9, 14];

/** Targets that follow directions of the landmarks, times their size, with noise: 60 profiles, 40 for training. */
function data(more: { readonly constant?: boolean; readonly train?: number; readonly validation?: number } = {}) {
  const { constant = false, train = 40, validation = 10 } = more;
  const samples = train + validation + 10;
  const x = normals(samples * landmarks, 1);
  const noise = normals(samples * targets, 2, 0.2);
  const y = noise.map((value, at) => {
    const [row, t] = [Math.floor(at / targets) * landmarks, at % targets];
    if (constant && t === 3) return 0;
    const of = (j: number): number => x[row + ((t + j) % landmarks)] ?? 0;
    return value + Math.abs(of(0)) + 0.5 * of(1) - Math.max(of(2), of(3));
  });
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const splits = {
    train: range(0, train),
    validation: range(train, train + validation),
    test: range(train + validation, samples),
  };
  return new ResidentData({ x, y, landmarks, targets }, splits);
}

const recipe = (more: object = {}) => KernelStart.parse({ kind: "kernel", clusters: 3, ...more });

async function fit(from: ResidentData, more: object = {}, availableBytes = 2 ** 33) {
  const moments = await secondMoments(from, openSession, context);
  return fitKernelStart(recipe(more), { data: from, moments, open: openSession, context, availableBytes });
}

const modelOf = (layers: LayersModel["layers"]): LayersModel => ({ name: "residual", inputs: landmarks, layers });

async function predict(model: LayersModel, x: Float32Array): Promise<Float32Array> {
  const { session, predictZ } = await openPrediction(openSession, topologyOf(model), weightsByName(model));
  const predicted = await predictZ(x, x.length / landmarks);
  await session[Symbol.asyncDispose]();
  return predicted;
}

/** Test rows and some far from all others, one without variation among them. */
async function foreignRows(from: ResidentData): Promise<Float32Array> {
  const { x } = await readRows(from, { split: "test", positions: Int32Array.from({ length: 10 }, (_, i) => i) });
  return Float32Array.of(...x, ...normals(4 * landmarks, 9, 4), ...new Float32Array(landmarks).fill(1.5));
}

it("is its formula in stock layers: ONNX Runtime and tfjs predict what float64 does", async () => {
  const from = data();
  const all = (count: number) => Int32Array.from({ length: count }, (_, i) => i);
  const train = await readRows(from, { split: "train", positions: all(40) });
  const held = await readRows(from, { split: "validation", positions: all(10) });
  const weights = { kernel: normals(landmarks * targets, 5), landmarks, targets };
  const groups = geneGroups(await clusterTargets(openSession, weights, { clusters: 3, seed: 1 }), weights, 0.8);
  expect(groups.length).toBe(3);
  await using products = new Products(openSession);
  const shape = { gamma: 1, linear: 0.5 };
  const options = { products, shape, winsorise: 3, penalties: [1e-3, 1e-2, 1e-1], check: () => undefined };
  const fitGroup = wholeFits({ train, held });
  const share = 0.25;
  const ridge = { kernel: normals(landmarks * targets, 6, 0.3), bias: normals(targets, 7) };
  for (const chosen of [groups, [oneGroup(weights)]]) {
    const fits: GroupFit[] = [];
    for (const group of chosen) fits.push(await fitGroup(group, options));
    const layers = await kernelLayers(products, { shape, groups: fits, centres: train.x, shiftShare: 0.5 });
    const floor = Float32Array.from(fits.flatMap((one) => [...one.floor]));
    const model = modelOf([...layers, ...kernelEnd(layers.at(-1)?.name ?? "", { floor, mix: { ridge, share } })]);
    const x = await foreignRows(from);
    const expected = rowsOf(x, landmarks).flatMap((row) => {
      let place = 0;
      return fits.flatMap(({ group, coefficients, bias, shift, floor: least }) =>
        [...group.targets].map((_, t) => {
          const values = rowsOf(train.x, landmarks).map((centre) => kernel([row, centre], group.metric, shape));
          const width = group.targets.length;
          const own = values.reduce((sum, value, i) => sum + value * (coefficients[i * width + t] ?? 0), bias[t] ?? 0);
          const kept = Math.max(least[t] ?? 0, own + 0.5 * (shift[t] ?? 0));
          const linear = row.reduce((sum, value, j) => sum + value * (ridge.kernel[j * targets + place] ?? 0), 0);
          return (1 - share) * kept + share * (linear + (ridge.bias[place++] ?? 0));
        }),
      );
    });
    expect(distance(await predict(model, x), expected)).toBeLessThan(1e-4);
    expect(distance(await predictByTfjs(model, x, x.length / landmarks), expected)).toBeLessThan(1e-4);
  }
});

it("groups all targets once, and weighs landmarks with mean square 1", async () => {
  const weights = { kernel: normals(landmarks * targets, 5), landmarks, targets };
  const labels = await clusterTargets(openSession, weights, { clusters: 4, seed: 2 });
  const groups = geneGroups(labels, weights, 1);
  expect(groups.flatMap((group) => [...group.targets]).toSorted((a, b) => a - b)).toEqual(Array.from(labels.keys()));
  for (const { metric, targets: members } of groups) {
    expect(metric.reduce((sum, weight) => sum + weight * weight, 0) / landmarks).toBeCloseTo(1, 12);
    // P = 1: weights go with the root mean square of ridge's.
    const rms = Array.from(metric, (_, j) =>
      Math.sqrt([...members].reduce((sum, t) => sum + (weights.kernel[j * targets + t] ?? 0) ** 2, 0)),
    );
    const ratios = rms.map((value, j) => value / (metric[j] ?? 0));
    expect(Math.max(...ratios) / Math.min(...ratios)).toBeCloseTo(1, 6);
  }
  expect(await clusterTargets(openSession, weights, { clusters: 4, seed: 2 })).toEqual(labels);
});

describe("a fit", () => {
  it("chooses on validation, one field after the other, and says what it tried", async () => {
    const from = data();
    const start = await fit(from, { clusters: [2, 4], winsorise: [3, 2], metricPower: [0.8, 1] });
    const tried = (name: string) => start.candidates.filter((one) => one.name === name);
    expect(tried("winsorise").map(({ value }) => value)).toEqual([3, 2]);
    expect(tried("clusters").map(({ value }) => value)).toEqual([2, 4]);
    expect(tried("metricPower").map(({ value }) => value)).toEqual([0.8, 1]);
    expect(tried("ridgeShare").length).toBe(7);
    for (const name of ["winsorise", "clusters", "metricPower", "ridgeShare"]) {
      const best = tried(name).reduce((a, b) => (b.validationMae < a.validationMae ? b : a));
      expect(start.selected[name]).toBe(best.value);
    }
    const least = Math.min(...tried("ridgeShare").map(({ validationMae }) => validationMae));
    expect(start.validationMae).toBe(least);
  });

  it("says the validation error that its layers make, in the dataset's order of targets", async () => {
    const from = data();
    const { layers, targetOrder = new Int32Array(), validationMae } = await fit(from);
    expect([...targetOrder].toSorted((a, b) => a - b)).toEqual(Array.from({ length: targets }, (_, t) => t));
    const held = await readRows(from, { split: "validation", positions: Int32Array.from({ length: 10 }, (_, i) => i) });
    const ordered = await inDatasetOrder((x) => predict(modelOf(layers), x), targetOrder)(held.x, 10);
    const mae = ordered.reduce((sum, value, at) => sum + Math.abs(value - (held.y[at] ?? 0)), 0) / ordered.length;
    expect(mae).toBeCloseTo(validationMae ?? Number.NaN, 5);
  });

  it("is the same, bit for bit, when it is made again, and another with another seed of clusters", async () => {
    const bytes = async (seed: number): Promise<string> => {
      const { layers } = await fit(data(), { seed });
      return weightsOf(modelOf(layers))
        .map(({ values }) => values.join())
        .join();
    };
    const first = await bytes(1);
    expect(await bytes(1)).toBe(first);
    expect(await bytes(3)).not.toBe(first);
  });

  it("predicts a target that never varies by its value", async () => {
    const from = data({ constant: true });
    const { layers, targetOrder } = await fit(from);
    const place = targetOrder?.indexOf(3) ?? 3;
    const predicted = await predict(modelOf(layers), await foreignRows(from));
    expect(predicted.every(Number.isFinite)).toBe(true);
    expect(Math.max(...rowsOf(predicted, targets).map((row) => Math.abs(row[place] ?? 1)))).toBeLessThan(1e-6);
  });

  it("needs no validation rows when there is nothing to choose", async () => {
    const from = data({ validation: 0 });
    const start = await fit(from, { lambda: 0.3 });
    expect(start.validationMae).toBeUndefined();
    expect(start.selected).toMatchObject({ medianShare: 1, ridgeShare: 0, clusters: 3 });
    await expect(fit(from, { lambda: 0.3, clusters: [2, 3] })).rejects.toMatchObject({
      tag: "usage",
      message: expect.stringMatching(/several values of start.clusters/),
    });
    await expect(fit(from)).rejects.toMatchObject({
      tag: "usage",
      message: expect.stringMatching(/several values of lambda/),
    });
  });

  it("refuses fewer than three training profiles", async () => {
    await expect(fit(data({ train: 2 }), { lambda: 1 })).rejects.toMatchObject({
      tag: "usage",
      message: expect.stringMatching(/too few/),
    });
    const { layers } = await fit(data({ train: 3 }), { lambda: 1 });
    expect((await predict(modelOf(layers), normals(landmarks, 1))).every(Number.isFinite)).toBe(true);
  });

  it("refuses more profiles than memory holds before it reads them, and says how to need less", async () => {
    const fitting = fit(data(), {}, 1000);
    await expect(fitting).rejects.toMatchObject({
      tag: "usage",
      message: expect.stringMatching(/memory.*start\.profiles/),
    });
    const bytes = (centres: number) => kernelBytes({ centres, held: 100, landmarks: 1000, targets: 10_000 });
    expect(bytes(2000)).toBeGreaterThan(2 * bytes(800));
  });

  it("stops when it is asked to", async () => {
    const from = data();
    const moments = await secondMoments(from, openSession, context);
    const stopped = { ...context, signal: AbortSignal.abort() };
    const input = { data: from, moments, open: openSession, context: stopped, availableBytes: 2 ** 33 };
    await expect(fitKernelStart(recipe(), input)).rejects.toMatchObject({ tag: "cancelled" });
  });
});

describe("with more training profiles than may be centres", () => {
  it("is the whole fit's neighbour when nearly all are, and says what was done", async () => {
    // Nothing is winsorised there, so neither here; the same penalty for all, so that only centres differ.
    const options = { clusters: 1, winsorise: 1e6, penalties: [1e-2], mix: false };
    const from = data();
    const x = await foreignRows(from);
    const whole = await predict(modelOf((await fit(from, options)).layers), x);
    const start = await fit(from, { ...options, profiles: 39 });
    const some = await predict(modelOf(start.layers), x);
    const away = (a: Float32Array): number => Math.sqrt(a.reduce((sum, v, i) => sum + (v - (whole[i] ?? 0)) ** 2, 0));
    expect(away(some)).toBeLessThan(0.2 * away(new Float32Array(whole.length)));
    expect(start.notes.join()).toMatch(/Nyström.*40 training profiles, 39 of them/);
  });

  it("does not depend on the size of blocks, and predicts better than ridge where regulation is not linear", async () => {
    const from = data({ train: 300, validation: 60 });
    const start = await fit(from, { profiles: 80, clusters: 2 });
    const ridge = Math.min(...start.candidates.flatMap((one) => (one.name === "lambda" ? [one.validationMae] : [])));
    expect(start.validationMae).toBeLessThan(0.9 * ridge);
    const weights = weightsOf(modelOf(start.layers));
    expect(weights.find(({ name }) => name === "group_1_alike/kernel")?.shape).toEqual([landmarks, 80]);
  });

  it("draws centres and judged profiles apart from each other, ascending, the same for a seed", () => {
    const [centres = new Int32Array(), judged = new Int32Array()] = drawnPositions(100, [40, 40], 7);
    expect(new Set([...centres, ...judged]).size).toBe(80);
    expect(centres).toEqual(centres.toSorted());
    expect(drawnPositions(100, [40, 40], 7)).toEqual([centres, judged]);
  });
});
