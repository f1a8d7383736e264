/** Large models: weights that stay in their files, and an oracle that computes layer by layer. The oracle is tfjs. */
import { mkdir, open as openFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { genericGraph, servedGraph } from "../../export/graph.ts";
import { scaledTranspose, storedTensor } from "../../export/initializers.ts";
import { initializerPlaces, writeModelFiles } from "../../export/model-files.ts";
import { runPasses } from "../../export/passes/pass.ts";
import { readLayersModel } from "../../export/read/layers-model.ts";
import type { Weight } from "../../export/read/weight-data.ts";
import { denseProduct } from "../../export/verify/dense-product.ts";
import { predictLayerwise, refKey } from "../../export/verify/layerwise.ts";
import { affordableRows, askOracle, spreadRows } from "../../export/verify/oracle.ts";
import { oracleValues, verifyExport } from "../../export/verify/verify-export.ts";
import type { Graph } from "../../onnx/graph.ts";
import { openSession } from "../../runtime/node/open.ts";
import type { HostTensor } from "../../runtime/session.ts";
import { runComponents, runRecord } from "./support/run.ts";
import { fillWeights, loadModel, normalRows, predict, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

/** A weight in memory that counts what is read of it. */
function counted(dims: readonly number[], values: Float32Array) {
  const reads: number[] = [];
  const weight: Weight = {
    dims,
    read: (start, into) => {
      reads.push(into.length);
      into.set(values.subarray(start, start + into.length));
    },
  };
  return { weight, reads };
}

const size = fc.integer({ min: 1, max: 24 });

describe("a kernel turned while it is written", () => {
  test("is the transpose times its scales, whatever the panels (property; oracle: element by element)", () => {
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 700 }), (rows, columns, panelElements) => {
        const values = normalRows([rows, columns]);
        const scale = normalRows([columns], 5);
        const { weight, reads } = counted([rows, columns], values);
        const turned = scaledTranspose(weight, { scale, panelElements });
        expect(reads).toEqual([]);
        const wanted = new Float32Array(rows * columns);
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < columns; c++) wanted[c * rows + r] = (values[r * columns + c] ?? 0) * (scale[c] ?? 0);
        expect(turned.dims).toEqual([columns, rows]);
        expect(turned.data).toEqual(wanted);
        const parts = Array.from(turned.parts(), ({ length }) => length);
        expect(Math.max(...parts)).toBeLessThanOrEqual(Math.max(rows, panelElements));
      }),
    );
  });

  test("and one that is not turned is read in parts of a bounded length", () => {
    const { weight, reads } = counted([7, 9], normalRows([7, 9]));
    expect(storedTensor(weight, { partElements: 10 }).data).toEqual(normalRows([7, 9]));
    expect(reads).toEqual([10, 10, 10, 10, 10, 10, 3]);
  });
});

test("no weight of a large kernel is read before the graph is written, passes included", async () => {
  // So large that passes do not compare it with itself.
  const [landmarks, hidden, targets] = [40, 1100, 1000];
  const layers = [
    tfl.layers.dense({ units: hidden, activation: "tanh", inputShape: [landmarks], name: "hidden" }),
    tfl.layers.dense({ units: targets, name: "head" }),
  ];
  const net = tfl.sequential({ name: "net", layers });
  fillWeights(net);
  const model = await readLayersModel(await saveModel(net, join(await temporaryFolder(), "tfjs")));
  const read = new Map<string, number>();
  const weights = new Map(
    [...model.weights].map(([name, weight]) => {
      const noted = (start: number, into: Float32Array): void => {
        read.set(name, (read.get(name) ?? 0) + into.length);
        weight.read(start, into);
      };
      return [name, { ...weight, read: noted }];
    }),
  );
  const { transform, ood } = runRecord({ landmarks, targets });
  const components = runComponents({ landmarks });
  const { graph } = runPasses(servedGraph({ model: { ...model, weights }, transform, ood, components }));
  // The pass that looks for averages looks at a kernel's first part, which here is all of it.
  const before = read.get("head/kernel") ?? 0;
  expect(before).toBeLessThanOrEqual(hidden * targets);
  await writeModelFiles(await temporaryFolder(), graph);
  expect((read.get("head/kernel") ?? 0) - before).toBe(hidden * targets);
});

test("weights beyond 2 GiB of one file, in the middle of a sharded group, are found", async () => {
  const dir = await temporaryFolder();
  // 9,000 × 65,000 values: 2.34 GB, a hole on the disk but for what is written at its end.
  const [first, second] = [9000 * 65_000, 6];
  await writeFile(join(dir, "a.bin"), "");
  await truncate(join(dir, "a.bin"), 4 * first + 8);
  const file = await openFile(join(dir, "a.bin"), "r+");
  await file.write(Float32Array.of(3, 4, 5), 0, 12, 4 * (first - 1));
  await file.close();
  await writeFile(join(dir, "b.bin"), Float32Array.of(6, 7, 8, 9));
  const config = { name: "large", layers: [{ class_name: "InputLayer", config: { batch_input_shape: [null, 1] } }] };
  Object.assign(config.layers[0]?.config ?? {}, { name: "x", dtype: "float32" });
  const weights = [
    { name: "one/kernel", shape: [9000, 65_000], dtype: "float32" },
    { name: "two/kernel", shape: [second], dtype: "float32" },
  ];
  const json = {
    modelTopology: { class_name: "Sequential", config },
    weightsManifest: [{ paths: ["a.bin", "b.bin"], weights }],
  };
  await writeFile(join(dir, "model.json"), JSON.stringify(json));
  const model = await readLayersModel(dir);
  const last = new Float32Array(2);
  model.weights.get("one/kernel")?.read(first - 2, last);
  expect(last).toEqual(Float32Array.of(0, 3));
  const two = new Float32Array(second);
  model.weights.get("two/kernel")?.read(0, two);
  expect(two).toEqual(Float32Array.of(4, 5, 6, 7, 8, 9));
});

test("a product in panels is the product (property; oracle: element by element in float64)", () => {
  fc.assert(
    fc.property(size, size, size, (rows, width, units) => {
      const [x, w] = [normalRows([rows, width]), normalRows([width, units], 9)];
      const wanted = new Float64Array(rows * units);
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < units; c++)
          for (let k = 0; k < width; k++)
            wanted[r * units + c] = (wanted[r * units + c] ?? 0) + (x[r * width + k] ?? 0) * (w[k * units + c] ?? 0);
      const got = denseProduct(x, counted([width, units], w).weight);
      expect(got.length).toBe(wanted.length);
      for (const [cell, value] of wanted.entries()) expect(got[cell]).toBeCloseTo(value, 10);
    }),
  );
});

/** Two branches that meet three times, a layer called twice, normalisation, and a skip around all. */
function branched(): tfl.LayersModel {
  const x = tfl.input({ shape: [6], name: "x" });
  const y = tfl.input({ shape: [4], name: "y" });
  const shared = tfl.layers.dense({ units: 12, activation: "tanh", name: "shared" });
  const a = shared.apply(tfl.layers.dense({ units: 24, activation: "relu", name: "left" }).apply(x));
  const b = shared.apply(tfl.layers.dense({ units: 24, useBias: false, name: "right" }).apply(y));
  const gate = tfl.layers.multiply({ name: "gate" }).apply([a, b] as tfl.SymbolicTensor[]);
  const normal = tfl.layers.batchNormalization({ name: "normal" }).apply(gate);
  const all = tfl.layers.concatenate({ name: "all" }).apply([normal, x, a] as tfl.SymbolicTensor[]);
  const one = tfl.layers.dense({ units: 7, activation: "elu", name: "one" }).apply(all);
  const two = tfl.layers.dense({ units: 2, activation: "softmax", name: "two" }).apply(one);
  return tfl.model({ name: "branched", inputs: [x, y], outputs: [one, two] as tfl.SymbolicTensor[] });
}

const xRows: HostTensor = { type: "float32", dims: [9, 6], data: normalRows([9, 6]) };
const yRows: HostTensor = { type: "float32", dims: [9, 4], data: normalRows([9, 4], 8) };

async function savedBranched(): Promise<string> {
  const model = branched();
  fillWeights(model);
  const dir = await saveModel(model, join(await temporaryFolder(), "tfjs"));
  model.dispose();
  return dir;
}

describe("layer by layer", () => {
  test.each([
    ["by tfjs", Number.POSITIVE_INFINITY],
    ["Dense kernels in panels", 0],
  ])("a net of any wiring gives what tfjs gives for the whole (%s)", async (_, panelsAbove) => {
    const dir = await savedBranched();
    const model = await readLayersModel(dir);
    const values = await predictLayerwise(model, [xRows, yRows], { panelsAbove });
    const inputs = [xRows, yRows].map(({ dims, data }) => ({ dims, data: Float32Array.from(data, Number) }));
    const wanted = predict(await loadModel(dir), inputs);
    expect(model.outputs).toHaveLength(2);
    for (const [i, ref] of model.outputs.entries()) {
      const got = values.get(refKey(ref));
      expect(got?.dims).toEqual(wanted[i]?.dims);
      for (const [cell, value] of (wanted[i]?.data ?? []).entries()) expect(got?.data[cell]).toBeCloseTo(value, 5);
    }
    // Both calls of the shared layer.
    expect([...values.keys()].filter((key) => key.startsWith("shared"))).toEqual(["shared:0:0", "shared:1:0"]);
  });

  test("is how models above a size are computed, those below it whole", async () => {
    const dir = await savedBranched();
    const [large, small] = [
      await askOracle(dir, [xRows, yRows], { wholeUpTo: 10 }),
      await askOracle(dir, [xRows, yRows]),
    ];
    expect([large.values === undefined, small.values === undefined]).toEqual([false, true]);
    for (const [i, { data }] of small.outputs.entries())
      for (const [cell, value] of data.entries()) expect(large.outputs[i]?.data[cell]).toBeCloseTo(Number(value), 5);
  });

  test("stops when it is cancelled", async () => {
    const model = await readLayersModel(await savedBranched());
    await expect(predictLayerwise(model, [xRows, yRows], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      tag: "cancelled",
    });
  });
});

describe("verification layer by layer", () => {
  async function verified(change: (graph: Graph, dir: string) => Promise<void> = async () => undefined) {
    const tfjs = await savedBranched();
    const { graph } = runPasses(genericGraph(await readLayersModel(tfjs)));
    const dir = join(await temporaryFolder(), "model");
    await mkdir(dir);
    await writeModelFiles(dir, graph);
    await change(graph, dir);
    await using session = await openSession({ path: join(dir, "model.onnx") }, { device: "cpu" });
    return await verifyExport({
      tfjs,
      written: { dir, graph, metadata: {} },
      session,
      open: openSession,
      inputs: [xRows, yRows],
      feeds: { x: xRows, y: yRows },
      expected: (outputs) => graph.outputs.map(({ name }, i) => ({ output: name, ...oracleValues(outputs[i]) })),
      wholeUpTo: 0,
    });
  }

  test("compares every layer that the graph still shows, of any wiring", async () => {
    const { parity, layers } = await verified();
    expect(parity.maxRelative).toBeLessThan(1e-5);
    const names = layers.map(({ layer }) => layer);
    expect(names).toEqual(expect.arrayContaining(["left", "right", "shared", "shared:1", "all"]));
    for (const { maxRelative } of layers) expect(maxRelative).toBeLessThan(1e-5);
  });

  test("names the first layer that has gone wrong", async () => {
    const spoil = async (graph: Graph, dir: string): Promise<void> => {
      const place = initializerPlaces(graph).get("shared/kernel");
      // Smaller ones are written into the probe itself.
      expect(place?.length).toBeGreaterThan(1024);
      const file = await openFile(join(dir, "model.onnx"), "r+");
      await file.write(Float32Array.of(5), 0, 4, place?.offset);
      await file.close();
    };
    const error = await verified(spoil).then(
      () => undefined,
      (thrown: unknown) => thrown as { tag: string; fault: { examples?: readonly string[] } },
    );
    expect(error?.tag).toBe("bad-model");
    expect(error?.fault.examples?.[0]).toMatch(/^shared(:1)? by .* of 1 \+ \|value\|/);
    expect(error?.fault.examples?.some((line) => line.startsWith("left") || line.startsWith("right"))).toBe(false);
  });

  test("leaves nothing beside the model", async () => {
    let folder = "";
    const note = async (_: Graph, dir: string): Promise<void> => {
      folder = dir;
    };
    await verified(note);
    await expect(readFile(join(folder, "probe.onnx"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("rows of a large model's verification", () => {
  test("are as many as seconds allow, never fewer than 16", () => {
    expect([30_000_000, 206_000_000, 427_000_000, 10 ** 11].map((count) => affordableRows(count, 70))).toEqual([
      70, 41, 20, 16,
    ]);
    expect(affordableRows(10 ** 11, 5)).toBe(5);
  });

  test("are spread over all, both ends included", () => {
    const rows = Float32Array.from({ length: 20 }, (_, i) => i);
    expect(spreadRows(rows, 2, 4)).toEqual(Float32Array.of(0, 1, 6, 7, 12, 13, 18, 19));
    expect(spreadRows(rows, 2, 30)).toBe(rows);
  });
});
