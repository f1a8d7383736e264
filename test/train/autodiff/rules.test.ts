import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { elementCount, tensorFrom } from "../../../onnx/element.ts";
import { type EvalTensor, evaluateGraph, toEval } from "../../../onnx/evaluate/index.ts";
import { type Graph, type OpName, opNames, type Tensor } from "../../../onnx/graph.ts";
import { gradients } from "../../../train/autodiff/gradients.ts";
import { gradientRules } from "../../../train/autodiff/rules.ts";
import { modelOf, runOrt } from "../../onnx/ort.ts";
import { normal, seeded } from "../../onnx/random.ts";
import { type GradientCase, gradientCases } from "./cases.ts";

/** Central differences with step h in float64: truncation ~h², rounding ~1e-16/h. */
const step = 1e-5;
const tolerance = 1e-8;

/** loss = Σ over used outputs of Σ w·y with fixed w; the graph also gives the gradients by all varied inputs. */
function lossGraph(
  op: OpName,
  gradientCase: GradientCase,
): { graph: Graph; feeds: Map<string, Tensor>; varied: string[] } {
  const { inputs, attributes = {}, outputs = 1, unused = [] } = gradientCase;
  const g = new GraphBuilder(op);
  const feeds = new Map<string, Tensor>();
  const names = inputs.map(({ tensor, varied }, index) => {
    if (!varied) return g.initializer(`x${index}`, tensor);
    feeds.set(`x${index}`, tensor);
    return g.input(`x${index}`, tensor.type, tensor.dims);
  });
  const results = g.ops({ op, inputs: names, attributes, outputs });
  const random = seeded(5);
  const seeds = new Map<string, string>();
  const losses: string[] = [];
  for (const [index, y] of results.entries()) {
    if (unused.includes(index)) continue;
    const dims = g.info(y).dims.map(Number);
    const values = Array.from({ length: elementCount(dims) }, () => normal(random));
    const w = g.initializer(`w${index}`, tensorFrom("float64", dims, values));
    seeds.set(y, w);
    losses.push(g.op("ReduceSum", [g.op("Mul", [w, y])], { keepdims: 0n }));
  }
  const varied = names.filter((_, index) => inputs[index]?.varied);
  const loss = losses.reduce((a, b) => g.op("Add", [a, b]));
  const found = gradients({ builder: g.scope("backward"), forward: g.build(), seeds, wrt: varied });
  g.output("loss", loss);
  for (const [name, gradient] of found) g.output(`d${name}`, gradient);
  return { graph: g.build(), feeds, varied };
}

/** (loss(x + h) − loss(x − h)) / 2h for every element of one input. */
function differences(graph: Graph, feeds: ReadonlyMap<string, Tensor>, name: string): number[] {
  const values = new Map<string, EvalTensor>([...feeds].map(([key, tensor]) => [key, toEval(tensor)]));
  const at = values.get(name);
  if (at === undefined || at.type === "int64") throw new Error(`no ${name}`);
  const lossAt = (index: number, shift: number): number => {
    const data = Float64Array.from(at.data);
    data[index] = (data[index] ?? 0) + shift;
    const moved = new Map(values).set(name, { ...at, data });
    return Number(evaluateGraph(graph, moved).get("loss")?.data[0]);
  };
  return Array.from(at.data, (_, index) => (lossAt(index, step) - lossAt(index, -step)) / (2 * step));
}

const worst = (got: readonly number[], expected: readonly number[]): number =>
  Math.max(0, ...expected.map((value, i) => Math.abs((got[i] ?? Number.NaN) - value) / (1 + Math.abs(value))));

const differentiable = opNames.filter((op) => typeof gradientRules[op] === "function");

/** What ONNX Runtime's CPU provider has no float64 kernel for. */
const withoutDouble: ReadonlySet<OpName> = new Set(["Elu", "Erf", "HardSigmoid", "Selu", "Softplus", "Softsign"]);

describe.each(differentiable)("the gradient of %s equals central differences in float64", (op) => {
  const cases = gradientCases[op] ?? [];
  it("has a case", () => expect(cases.length).toBeGreaterThan(0));

  it.each(cases.map((one) => [one.title, one] as const))("%s", (_title, gradientCase) => {
    const { graph, feeds, varied } = lossGraph(op, gradientCase);
    const values = evaluateGraph(graph, new Map([...feeds].map(([name, tensor]) => [name, toEval(tensor)])));
    for (const name of varied) {
      const gradient = values.get(`d${name}`);
      expect(gradient?.dims).toEqual(feeds.get(name)?.dims);
      const got = Array.from(gradient?.data ?? [], Number);
      expect(worst(got, differences(graph, feeds, name))).toBeLessThan(tolerance);
    }
  });
});

describe.each(differentiable.filter((op) => !withoutDouble.has(op)))(
  "ONNX Runtime agrees on the gradient of %s",
  (op) => {
    it.each((gradientCases[op] ?? []).map((one) => [one.title, one] as const))("%s", async (_title, gradientCase) => {
      const { graph, feeds, varied } = lossGraph(op, gradientCase);
      const results = await runOrt(modelOf(graph), feeds);
      for (const name of varied)
        expect(worst(results[`d${name}`]?.values ?? [], differences(graph, feeds, name))).toBeLessThan(tolerance);
    });
  },
);

it("has no case for an operator without a rule", () => {
  const without = opNames.filter((op) => gradientCases[op] !== undefined && typeof gradientRules[op] !== "function");
  expect(without).toEqual([]);
});
