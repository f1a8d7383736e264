/** Transposing between layers is taken away; oracle: the same graph before the pass, in float64. */
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { genericGraph } from "../../export/graph.ts";
import { arrangeConstants } from "../../export/passes/arrange-constants.ts";
import { runPasses } from "../../export/passes/pass.ts";
import { permuted } from "../../export/passes/permuted.ts";
import { removeTransposes } from "../../export/passes/remove-transposes.ts";
import { readLayersModel } from "../../export/read/layers-model.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import { elementCount } from "../../onnx/element.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import type { Graph, OpName } from "../../onnx/graph.ts";
import { chain } from "./support/nets.ts";
import { fillWeights, normalRows, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

const count = ({ nodes }: Graph, op: OpName): number => nodes.filter((node) => node.op === op).length;

/** The served graph of a model. */
async function served(model: tfl.LayersModel): Promise<Graph> {
  fillWeights(model);
  const saved = await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")));
  return runPasses(genericGraph(saved)).graph;
}

const conv = (filters: number, more: object = {}) =>
  tfl.layers.conv2d({ filters, kernelSize: 3, padding: "same", ...more });

describe("between layers that work channels first", () => {
  test.each<[string, number, () => tfl.layers.Layer[]]>([
    ["a stack with pools needs it at both ends", 2, () => [conv(4), tfl.layers.maxPooling2d({}), conv(3)]],
    [
      "activations and normalisation let it pass",
      2,
      () => [conv(4, { activation: "swish" }), tfl.layers.batchNormalization(), tfl.layers.prelu(), conv(3)],
    ],
    [
      "padding, cropping and upsampling let it pass",
      2,
      () => [
        conv(4),
        tfl.layers.zeroPadding2d(),
        tfl.layers.upSampling2d({ size: [2, 3] }),
        tfl.layers.cropping2D({ cropping: [1, 2] }),
        conv(3),
      ],
    ],
    ["the mean over all places ends it", 1, () => [conv(4), tfl.layers.globalAveragePooling2d({})]],
    ["the largest of all places ends it", 1, () => [conv(4), tfl.layers.globalMaxPooling2d({})]],
    ["a softmax over the channels lets it pass", 2, () => [conv(4, { activation: "softmax" }), conv(2)]],
  ])("%s", async (_name, transposes, layers) => {
    expect(count(await served(chain([8, 6, 2], ...layers())), "Transpose")).toBe(transposes);
  });

  const bilinear = tfl.layers.upSampling2d({ size: [2, 3], interpolation: "bilinear" });
  test.each<[string, number, () => tfl.layers.Layer[]]>([
    ["alone", 2, () => [bilinear]],
    ["between convolutions", 2, () => [conv(4), tfl.layers.upSampling2d({ interpolation: "bilinear" }), conv(3)]],
    [
      "behind a permutation",
      2,
      () => [tfl.layers.permute({ dims: [2, 3, 1] }), tfl.layers.upSampling2d({ interpolation: "bilinear" })],
    ],
  ])("interpolation runs over the last two axes, the ones that WebGPU gets right: %s", async (_name, most, layers) => {
    const graph = await served(chain([8, 6, 2], ...layers()));
    const scales = graph.nodes
      .filter(({ op }) => op === "Resize")
      .map(({ inputs }) => Array.from(graph.initializers.get(inputs[2] ?? "")?.data ?? [], Number));
    expect(scales.map((scale) => scale.slice(0, 2))).toEqual([[1, 1]]);
    expect(count(graph, "Transpose")).toBeLessThanOrEqual(most);
  });

  test("a residual block needs it at both ends only", async () => {
    const x = tfl.input({ shape: [6, 5, 4], name: "x" });
    const first = conv(4, { activation: "relu" }).apply(x) as tfl.SymbolicTensor;
    const second = conv(4, { activation: "mish" }).apply(first) as tfl.SymbolicTensor;
    const sum = tfl.layers.add().apply([first, second]) as tfl.SymbolicTensor;
    const both = tfl.layers.concatenate().apply([sum, second]) as tfl.SymbolicTensor;
    const y = conv(3).apply(both) as tfl.SymbolicTensor;
    const graph = await served(tfl.model({ inputs: x, outputs: y, name: "net" }));
    expect(count(graph, "Transpose")).toBe(2);
  });
});

/** A graph of transposing and what may stand between, from seeded choices. */
function randomGraph(choices: readonly number[]): Graph {
  const g = new GraphBuilder("random");
  const made = [g.input("x", "float32", ["N", 2, 3, 4])];
  const perms = [
    [0n, 2n, 3n, 1n],
    [0n, 3n, 1n, 2n],
    [0n, 1n, 3n, 2n],
  ];
  for (const [at, choice] of choices.entries()) {
    const x = made[choice % made.length] ?? "x";
    const dims = g.info(x).dims.slice(1).map(Number);
    const rank = dims.length;
    const c = (shape: readonly number[]): string =>
      g.initializer(`c${at}`, { type: "float32", dims: shape, data: normalRows(shape, at) });
    const perm = perms[Math.floor(choice / 7) % 3] ?? [];
    const kinds: readonly (() => string)[] = [
      () => (rank === 3 ? g.op("Transpose", [x], { perm }) : g.op("Relu", [x])),
      () => (rank === 3 ? g.op("Transpose", [x], { perm }) : g.op("Neg", [x])),
      () => g.op("Mul", [x, g.op("Sigmoid", [x])]),
      () => g.op("Add", [x, c(dims.slice(-1))]),
      () => g.op("Max", [c(dims), x]),
      () => g.op("Sub", [x, g.scalar(0.5)]),
      () => g.op("Concat", [x, g.op("Tanh", [x])], { axis: BigInt(1 + (choice % rank)) }),
      () => g.op("Softmax", [x], { axis: -1n }),
      () => g.op("Pad", [x, g.ints([0, ...dims.map((_, i) => i), 0, ...dims.map(() => 1)])]),
      () => g.op("Slice", [x, g.ints([0]), g.ints([2]), g.ints([-1])]),
      () => (rank === 3 ? g.op("ReduceMax", [x], { axes: [-1n, 1n], keepdims: BigInt(choice % 2) }) : g.op("Abs", [x])),
      () => (rank === 3 ? g.op("Resize", [x, "", g.floats([1, 2, 1, 1])], corner) : g.op("Exp", [x])),
      () => (rank === 3 ? g.op("Resize", [x, "", g.floats([1, 1, 2, 1])], linear) : g.op("Softsign", [x])),
    ];
    // Values stay small enough to be evaluated.
    if (elementCount(dims) < 2000) made.push(kinds[Math.floor(choice / 3) % kinds.length]?.() ?? x);
  }
  g.output("y", made.at(-1) ?? "x");
  g.output("z", made[Math.floor(made.length / 2)] ?? "x");
  return g.build();
}

const linear = { mode: "linear", coordinate_transformation_mode: "asymmetric" };
const corner = { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" };

test("the pass keeps results, and never adds transposing", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { maxLength: 14 }), (choices) => {
      const graph = randomGraph(choices);
      const after = removeTransposes(graph);
      checkGraph(after);
      expect(count(after, "Transpose")).toBeLessThanOrEqual(count(graph, "Transpose"));
      const x = { type: "float32", dims: [2, 2, 3, 4], data: Float64Array.from(normalRows([48])) } as const;
      const [before, now] = [graph, after].map((one) => evaluateGraph(one, new Map([["x", x]])));
      for (const [name, { dims, data }] of before ?? []) {
        expect(now?.get(name)?.dims).toEqual(dims);
        for (const [i, value] of [...data].entries())
          expect(Number(now?.get(name)?.data[i])).toBeCloseTo(Number(value), 9);
      }
    }),
    { numRuns: 300, seed: 4 },
  );
});

describe("constants", () => {
  const kernel = (dims: readonly number[]) => ({ type: "float32", dims, data: normalRows(dims) }) as const;

  test("of any size are arranged in the file, not at every run", () => {
    const g = new GraphBuilder("kernel");
    const w = g.initializer("w", kernel([3, 300, 90]));
    const turned = g.op("Transpose", [w], { perm: [2n, 0n, 1n] });
    g.output("y", g.op("MatMul", [g.input("x", "float32", ["N", 270]), g.op("Reshape", [turned, g.ints([270, 300])])]));
    const after = arrangeConstants(g.build());
    expect(after.nodes.map(({ op }) => op)).toEqual(["MatMul"]);
    const data = permuted(kernel([3, 300, 90]), [2, 0, 1]).data;
    expect([...after.initializers.values()].find(({ dims }) => dims.join() === "270,300")?.data).toEqual(data);
  });

  test("that something else reads stay as they are", () => {
    const g = new GraphBuilder("shared");
    const w = g.initializer("w", kernel([3, 3]));
    g.output("y", g.op("MatMul", [w, g.op("Transpose", [w])]));
    const graph = g.build();
    expect(arrangeConstants(graph)).toEqual(graph);
  });

  test("are permuted as numpy.transpose does", () => {
    const tensor = { type: "int32", dims: [2, 3, 2], data: Int32Array.from({ length: 12 }, (_, i) => i) } as const;
    // numpy.arange(12).reshape(2, 3, 2).transpose(2, 0, 1).ravel()
    expect([...permuted(tensor, [2, 0, 1]).data]).toEqual([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
    expect(permuted(tensor, [2, 0, 1]).dims).toEqual([2, 2, 3]);
  });
});
