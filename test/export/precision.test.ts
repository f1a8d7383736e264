/** Weights in fewer bits. Oracles: formulas in float64, and ONNX Runtime for what is computed of them. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withHalfStorage } from "../../export/precision/half-storage.ts";
import { calibratedRange, knownRange, levelsOf } from "../../export/precision/input-range.ts";
import { withInt4Products } from "../../export/precision/int4.ts";
import { int4Kernel } from "../../export/precision/int4-kernel.ts";
import { withInt8Products } from "../../export/precision/int8.ts";
import { int8Kernel, roundToEven } from "../../export/precision/int8-kernel.ts";
import { type NetProduct, netProducts } from "../../export/precision/net.ts";
import { raiseOpset } from "../../export/precision/raise-opset.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import { encodeModel } from "../../onnx/codec/index.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import type { Graph } from "../../onnx/graph.ts";
import { openSession } from "../../runtime/node/open.ts";
import { uniformArray } from "../runtime/algebra/random.ts";

const uniform = (length: number, seed: number, size = 1): Float32Array =>
  Float32Array.from(uniformArray(seed, length), (u) => size * u);

/** Clip, Gemm, Tanh, Gemm `[out, in]`; inputs are not whole blocks of 32. */
const [inputs, hidden, outputs] = [50, 70, 45];

function net({ headScale = 1 }: { readonly headScale?: number } = {}): Graph {
  const g = new GraphBuilder("net");
  const c = (name: string, dims: readonly number[], data: Float32Array): string =>
    g.initializer(name, { type: "float32", dims, data });
  const z = g.op("Clip", [g.input("landmarks", "float32", ["N", inputs]), g.scalar(-8), g.scalar(8)]);
  const w = c("w", [inputs, hidden], uniform(inputs * hidden, 1, 0.3));
  const h = g.op("Tanh", [g.op("Gemm", [z, w, c("b", [hidden], uniform(hidden, 2))])]);
  const v = c("v", [outputs, hidden], uniform(outputs * hidden, 3, 0.3 * headScale));
  g.output("targets", g.op("Gemm", [h, v, c("c", [outputs], uniform(outputs, 4, headScale))], { transB: 1n }));
  g.output("ood", g.op("Gemm", [z, c("axes", [inputs, 30], uniform(inputs * 30, 5))]));
  return g.build();
}

const rows = 9;
const profiles = uniform(rows * inputs, 6, 10);

async function onOrt(graph: Graph, opset = 17, count = rows): Promise<Float32Array> {
  const producer = { name: "test", version: "1" };
  const bytes = encodeModel({ graph, opset, irVersion: opset > 17 ? 10 : 8, producer, metadata: {} });
  await using session = await openSession({ bytes }, { device: "cpu" });
  const data = profiles.slice(0, count * inputs);
  const { targets } = await session.run({ landmarks: { type: "float32", dims: [count, inputs], data } });
  return Float32Array.from(targets?.data ?? [], Number);
}

function evaluate(graph: Graph): Float64Array {
  const landmarks = { type: "float32", dims: [rows, inputs], data: Float64Array.from(profiles) } as const;
  return Float64Array.from(
    evaluateGraph(graph, new Map([["landmarks", landmarks]])).get("targets")?.data ?? [],
    Number,
  );
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

const quantised = (graph: Graph) =>
  netProducts(graph).map((product) => ({
    product,
    range: knownRange(graph, product.x) ?? { low: 0, high: 0, from: "clip" as const },
  }));

function int8Net(): Graph {
  const graph = net();
  return withInt8Products(graph, quantised(graph));
}

/** A product of a kernel with one or several outputs, for what only needs weights. */
function productOf(
  weights: Float32Array,
  { columns = 1, outIn = false, bias = [] as readonly number[] } = {},
): NetProduct {
  const rowCount = weights.length / columns;
  const dims = outIn ? [columns, rowCount] : [rowCount, columns];
  const node = { op: "Gemm", name: "p", inputs: [], outputs: [], attributes: {} } as const;
  const kernel = { type: "float32", dims, data: weights } as const;
  const shape = { inputs: rowCount, outputs: columns, outIn };
  return {
    node,
    x: "x",
    w: "w",
    b: "b",
    kernel,
    bias: bias.length > 0 ? Float32Array.from(bias) : undefined,
    ...shape,
  };
}

test("ties round to even, as QuantizeLinear and numpy do", () => {
  expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4999999, 62.5].map(roundToEven)).toEqual([-2, -2, 0, 0, 2, 2, 2, 62]);
});

describe("8-bit weights", () => {
  test("are the nearest of 127 levels by output, whose largest is the largest weight", () => {
    const someWeights = fc.array(fc.float({ noNaN: true, min: -4, max: 4 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(someWeights, (list) => {
        const { levels, scale } = int8Kernel(productOf(Float32Array.from(list)), 1 / 127);
        const [unit = 0] = scale;
        for (const [i, level] of levels.entries()) {
          expect(Math.abs(level)).toBeLessThanOrEqual(63);
          expect(Math.abs(level * unit - (list[i] ?? 0))).toBeLessThanOrEqual(0.5000001 * unit);
        }
      }),
      { seed: 1 },
    );
  });

  test("are the same whichever way the kernel lies", () => {
    const kernel = uniform(150 * 70, 7);
    const turned = Float32Array.from(kernel, (_, at) => kernel[(at % 150) * 70 + Math.floor(at / 150)] ?? 0);
    const straight = int8Kernel(productOf(kernel, { columns: 70 }), 1);
    expect(int8Kernel(productOf(turned, { columns: 70, outIn: true }), 1)).toEqual(straight);
  });

  test("of a gene that hardly varies leave its bias, far larger, within int32", () => {
    const { scale } = int8Kernel(productOf(Float32Array.of(1e-9, -1e-9), { bias: [14] }), 1 / 127);
    expect(14 / ((scale[0] ?? 0) / 127)).toBeLessThanOrEqual(2 ** 30 * 1.000001);
  });

  test("of nothing but zeros are zeros", () => {
    const { levels, scale } = int8Kernel(productOf(new Float32Array(4)), 1 / 127);
    expect([...levels, Math.sign(scale[0] ?? 0)]).toEqual([0, 0, 0, 0, 1]);
  });
});

describe("4-bit weights", () => {
  test("have their block's largest weight exactly, as level −8, and the nearest up to 7", () => {
    const kernel = uniform(70, 9);
    const { levels, scale, blocks } = int4Kernel(productOf(kernel), true);
    expect([blocks, levels.length]).toEqual([3, 96]);
    for (let block = 0; block < blocks; block++) {
      const unit = scale[block] ?? 0;
      const part = Array.from(kernel.slice(32 * block, 32 * block + 32));
      const [most = 0] = part.toSorted((a, b) => Math.abs(b) - Math.abs(a));
      expect(levels[32 * block + part.indexOf(most)]).toBe(-8);
      for (const [i, weight] of part.entries()) {
        const level = levels[32 * block + i] ?? 0;
        expect(level).toBe(Math.max(-8, Math.min(7, roundToEven(weight / unit))));
        // The far end of a block that has no level 8 is one unit off, everything else half of one.
        expect(Math.abs(level * unit - weight)).toBeLessThanOrEqual(1.000001 * Math.abs(unit));
      }
    }
    expect(levels.slice(70)).toEqual(new Int8Array(26));
  });

  test("of an empty block are zeros with scale 0", () => {
    const { levels, scale } = int4Kernel(productOf(new Float32Array(3)), false);
    expect([scale[0], levels.some((level) => level !== 0)]).toEqual([-0, false]);
  });
});

describe("the range of an input", () => {
  const ranges = (graph: Graph) => netProducts(graph).map(({ x }) => knownRange(graph, x));

  test("is known behind a clip and bounded activations, and nowhere else", () => {
    expect(ranges(net())).toEqual([
      { low: -8, high: 8, from: "clip" },
      { low: -1, high: 1, from: "activation" },
    ]);
    const g = new GraphBuilder("g");
    const x = g.input("landmarks", "float32", ["N", 40]);
    const w = g.initializer("w", { type: "float32", dims: [40, 40], data: new Float32Array(1600) });
    const of = (value: string): string => g.op("Gemm", [g.op("Identity", [value]), w]);
    const sigmoid = g.op("Sigmoid", [of(x)]);
    g.output("targets", of(g.op("Relu", [of(sigmoid)])));
    expect(ranges(g.build())).toEqual([undefined, { low: 0, high: 1, from: "activation" }, undefined]);
  });

  test("has 0 as a level, and both ends within half a step", () => {
    const bounds = fc.tuple(
      fc.double({ min: -50, max: 5, noNaN: true }),
      fc.double({ min: 5.001, max: 60, noNaN: true }),
    );
    fc.assert(
      fc.property(bounds, ([low, high]) => {
        const { scale, zero } = levelsOf({ low, high });
        expect(Number.isInteger(zero) && zero >= 0 && zero <= 255).toBe(true);
        const valueOf = (level: number): number => (level - zero) * scale;
        expect(valueOf(0) - Math.min(0, low)).toBeLessThanOrEqual(0.501 * scale);
        expect(high - valueOf(255)).toBeLessThanOrEqual(0.501 * scale);
      }),
    );
    expect(levelsOf({ low: -1, high: 1 })).toEqual({ scale: Math.fround(1 / 127), zero: 128 });
    expect(levelsOf({ low: 0, high: 1 })).toEqual({ scale: Math.fround(1 / 255), zero: 0 });
  });

  test("is whole where all values are of a size, and of no length where there are none", () => {
    const even = uniform(20_000, 11);
    expect(calibratedRange(even).high).toBe(Math.max(...even));
    expect(calibratedRange(even).low).toBe(Math.min(...even));
    expect(calibratedRange(new Float32Array(5))).toMatchObject({ low: 0, high: 0 });
  });

  test("is drawn in at the end where few values would make all others coarse", () => {
    // Exponential values: the largest of 60,000 is 11, and one in 3,000 is beyond 8.
    const tailed = uniform(60_000, 12).map((u) => -Math.log(1 - Math.abs(u)));
    const { low, high } = calibratedRange(tailed);
    expect(low).toBe(0);
    expect(high).toBeLessThan(0.95 * Math.max(...tailed));
  });
});

describe("a quantised net", () => {
  test("in 8 bits gives on ONNX Runtime what its levels give in float64", async () => {
    const plain = net();
    const graph = withInt8Products(plain, quantised(plain));
    checkGraph(graph);
    expect(graph.nodes.filter(({ op }) => op === "DequantizeLinear")).toHaveLength(6);
    // A tanh that differs in its last bit may move an activation by a level: 1/127 of one weight.
    expect(largest(await onOrt(graph), evaluate(graph))).toBeLessThan(0.3 / 127);
    expect(largest(evaluate(graph), evaluate(plain))).toBeLessThan(0.5);
  });

  test("shares the levels of an input that several products read; the rest of a skip connection is float32", async () => {
    const g = new GraphBuilder("skip");
    const z = g.op("Clip", [g.input("landmarks", "float32", ["N", inputs]), g.scalar(-8), g.scalar(8)]);
    const w = (seed: number) =>
      g.initializer(`w${seed}`, { type: "float32", dims: [inputs, inputs], data: uniform(inputs * inputs, seed, 0.1) });
    const skip = g.op("Gemm", [z, w(1)]);
    g.output("targets", g.op("Add", [g.op("Gemm", [g.op("LeakyRelu", [g.op("Gemm", [z, w(2)])]), w(3)]), skip]));
    const graph = g.build();
    const all = netProducts(graph).map((product) => ({
      product,
      range: { low: -8, high: 8, from: "calibrated" as const },
    }));
    const after = withInt8Products(graph, all);
    checkGraph(after);
    expect(after.nodes.filter(({ op }) => op === "QuantizeLinear")).toHaveLength(2);
    expect(after.nodes.filter(({ op }) => op === "Add" || op === "LeakyRelu")).toHaveLength(2);
    expect(largest(await onOrt(after), evaluate(after))).toBeLessThan(1e-3);
    expect(largest(evaluate(after), evaluate(graph))).toBeLessThan(0.5);
  });

  test.each(["dequantise", "cast"] as const)("in 4 bits (%s) has the weights of its levels", async (form) => {
    const raised = raiseOpset(net());
    const graph = withInt4Products(raised, netProducts(raised), form);
    checkGraph(graph, { opset: 21 });
    const got = await onOrt(graph, 21);
    // The CPU provider quantises activations by block as well: steps of 8/127 of a block's largest value.
    expect(largest(got, evaluate(graph))).toBeLessThan(form === "cast" ? 1e-4 : 0.1);
    expect(largest(evaluate(graph), evaluate(net()))).toBeLessThan(2);
  });

  test("in 4 bits has the same weights in both forms", () => {
    const raised = raiseOpset(net());
    const [one, other] = (["dequantise", "cast"] as const).map((form) =>
      evaluate(withInt4Products(raised, netProducts(raised), form)),
    );
    expect(largest(one ?? [], other ?? [])).toBeLessThan(1e-12);
  });

  test.each(["int8", "dequantise", "cast"] as const)(
    "gives a profile the same bits alone and among others (%s)",
    async (form) => {
      const raised = raiseOpset(net());
      const graph = form === "int8" ? int8Net() : withInt4Products(raised, netProducts(raised), form);
      const opset = form === "int8" ? 17 : 21;
      const whole = await onOrt(graph, opset);
      for (const count of [1, 2, 5]) expect(await onOrt(graph, opset, count)).toEqual(whole.slice(0, count * outputs));
    },
  );

  test("leaves the score for being out of distribution in float32", () => {
    for (const graph of [int8Net(), withHalfStorage(net())])
      expect(graph.initializers.get("axes")).toEqual(net().initializers.get("axes"));
  });
});

describe("float16 storage", () => {
  test("holds every large weight to half a unit of its last place, and computes in float32", async () => {
    const graph = withHalfStorage(net());
    checkGraph(graph);
    expect([...graph.initializers.values()].filter(({ type }) => type === "float16")).toHaveLength(2);
    expect(largest(await onOrt(graph), evaluate(graph))).toBeLessThan(1e-5);
    expect(largest(evaluate(graph), evaluate(net()))).toBeLessThan(5e-3);
  });

  test.each([1e7, 1e-7])("holds weights in units far from 1 by powers of two an output (× %s)", (headScale) => {
    const graph = withHalfStorage(net({ headScale }));
    expect(graph.nodes.map(({ op }) => op)).toContain("Mul");
    const difference = largest(evaluate(graph), evaluate(net({ headScale })));
    expect(difference / headScale).toBeLessThan(5e-3);
  });
});

test("a product of another graph is not taken for one of this", () => {
  expect(() => withInt8Products(net(), quantised(net()))).toThrow(/another graph/);
});

test("a graph of opset 17 says the same in opset 21", () => {
  const g = new GraphBuilder("old");
  const x = g.input("landmarks", "float32", ["N", inputs]);
  const [left = "", right = ""] = g.ops({ op: "Split", inputs: [x], attributes: { axis: 1n }, outputs: 2 });
  const spread = g.op("Sub", [g.op("ReduceMax", [left], { axes: [1n] }), g.op("ReduceMin", [right], { axes: [-1n] })]);
  g.output("targets", g.op("Mul", [spread, g.op("ReduceMean", [x], { axes: [1n], keepdims: 1n })]));
  const graph = g.build();
  const raised = raiseOpset(graph);
  expect(() => checkGraph(graph, { opset: 21 })).toThrow(/axes/);
  checkGraph(raised, { opset: 21 });
  expect(evaluate(raised)).toEqual(evaluate(graph));
});
