import { describe, expect, it } from "vitest";
import { checkGraph } from "../../../onnx/check.ts";
import { evaluateGraph, toEval } from "../../../onnx/evaluate/index.ts";
import { type ElementType, type Graph, type OpName, opNames, servedOpset, type Tensor } from "../../../onnx/graph.ts";
import { inferShapes } from "../../../onnx/infer.ts";
import { modelOf, runOrt } from "../ort.ts";
import type { OpCase } from "./case.ts";
import { opCases } from "./index.ts";

/**
 * |ORT − float64| ≤ tolerance · √terms · (1 + |float64|), where `terms` numbers are summed. Integers and bool are exact.
 * float32: ORT's exp, tanh and erf are polynomials good to several units in the last place (6e-8). float16: half a unit
 * of 2⁻¹⁰.
 */
const tolerance: { readonly [T in ElementType]: number } = {
  float32: 1e-6,
  float64: 1e-13,
  float16: 2 ** -11,
  int4: 0,
  int8: 0,
  int32: 0,
  int64: 0,
  uint8: 0,
  uint32: 0,
  bool: 0,
};

/** The case as a graph of one node whose operands are fed, or constants where they decide a shape. */
function graphOf(op: OpName, { inputs, attributes = {}, outputs = 1, opset = servedOpset }: OpCase): Graph {
  const names = inputs.map((operand, index) => (operand === undefined ? "" : `x${index}`));
  const operands = inputs.flatMap((operand, index) =>
    operand === undefined ? [] : [{ name: `x${index}`, ...operand }],
  );
  const results = Array.from({ length: outputs }, (_, index) => `y${index}`);
  const graph: Graph = {
    name: op,
    inputs: operands.filter(({ fixed }) => !fixed).map(({ name, tensor: { type, dims } }) => ({ name, type, dims })),
    outputs: [],
    initializers: new Map(operands.filter(({ fixed }) => fixed).map(({ name, tensor }) => [name, tensor])),
    nodes: [{ op, name: "node", inputs: names, outputs: results, attributes }],
  };
  const shapes = inferShapes(graph, opset);
  return { ...graph, outputs: results.flatMap((name) => shapes.get(name) ?? []) };
}

function fedTensors({ inputs }: OpCase): ReadonlyMap<string, Tensor> {
  return new Map(
    inputs.flatMap((operand, index) => (operand === undefined || operand.fixed ? [] : [[`x${index}`, operand.tensor]])),
  );
}

/** Largest |difference| / (1 + |expected|); the same infinity, NaN or integer differs by 0, another one by Infinity. */
function distance(got: readonly number[], expected: readonly number[], largest: number): number {
  return expected.reduce((worst, value, index) => {
    const other = got[index] ?? Number.NaN;
    if (Object.is(other, value) || other === value) return worst;
    // What float32 cannot hold is infinite there.
    if (Math.abs(value) > largest && other === Math.sign(value) * Infinity) return worst;
    const relative = Math.abs(other - value) / (1 + Math.abs(value));
    return Math.max(worst, Number.isNaN(relative) ? Infinity : relative);
  }, 0);
}

const largestOf = (type: ElementType): number => (type === "float32" ? 3.4028235e38 : Number.MAX_VALUE);

describe.each(opNames)("%s in float64 matches onnxruntime-node", (op) => {
  it("has cases", () => {
    expect(opCases[op].length).toBeGreaterThan(1);
  });

  it.each(opCases[op].map((opCase) => [opCase.title, opCase] as const))("%s", async (title, opCase) => {
    const graph = graphOf(op, opCase);
    const feeds = new Map([...fedTensors(opCase)].map(([name, tensor]) => [name, toEval(tensor)]));
    const expected = evaluateGraph(graph, feeds);
    checkGraph(graph, { opset: opCase.opset ?? servedOpset });
    const got = await runOrt(modelOf(graph, opCase.opset), fedTensors(opCase));
    for (const { name, type, dims } of graph.outputs) {
      const [mine, theirs] = [expected.get(name), got[name]];
      if (mine === undefined || theirs === undefined) throw new Error(`no ${name}`);
      expect({ type: theirs.type, dims: theirs.dims }).toEqual({ type, dims: mine.dims });
      const known = dims.filter((dim) => typeof dim === "number");
      expect(mine.dims.filter((_, axis) => typeof dims[axis] === "number")).toEqual(known);
      const worst = distance(theirs.values, Array.from(mine.data, Number), largestOf(type));
      expect(
        worst,
        `${title}: ${theirs.values.slice(0, 20).join(" ")} | ${Array.from(mine.data, String).slice(0, 20).join(" ")}`,
      ).toBeLessThanOrEqual(tolerance[type] * Math.sqrt(opCase.terms ?? 1));
    }
  });
});
