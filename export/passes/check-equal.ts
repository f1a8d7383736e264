import { elementCount } from "../../onnx/element.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import { type EvalTensor, realTensor } from "../../onnx/evaluate/value.ts";
import type { Graph } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { AppError } from "../../schemas/index.ts";
import { parityTolerance } from "../verify/tolerances.ts";

/** Weights and values of a graph that is compared: float64 in JavaScript takes a second for some ten million. */
const largestCompared = 2 ** 20;
const comparedRows = 3;

/** Rows for every input: seeded normal-like floats, zeros for integers, which may be indices of any range. */
function feedsOf({ inputs }: Graph): ReadonlyMap<string, EvalTensor> {
  let state = 1;
  // A Weyl sequence through the golden ratio, summed in threes: spread out, symmetric, the same everywhere.
  const next = (): number => {
    let sum = -1.5;
    for (let i = 0; i < 3; i++) {
      state = (state + 0x9e3779b9) >>> 0;
      sum += ((Math.imul(state ^ (state >>> 15), 0x85ebca6b) >>> 8) & 0xffff) / 0x10000;
    }
    return 2 * sum;
  };
  return new Map(
    inputs.map(({ name, type, dims }) => {
      const lengths = dims.map((dim) => (typeof dim === "number" ? dim : comparedRows));
      const isFloat = type.startsWith("float");
      return [
        name,
        realTensor(
          type,
          lengths,
          Array.from({ length: elementCount(lengths) }, () => (isFloat ? next() : 0)),
        ),
      ];
    }),
  );
}

/** Is a graph small enough to be run in float64 JavaScript during an export? */
function isComparable(graph: Graph): boolean {
  let elements = 0;
  for (const { dims } of inferShapes(graph).values())
    elements += elementCount(dims.map((dim) => (typeof dim === "number" ? dim : comparedRows)));
  return elements <= largestCompared;
}

/**
 * Largest |after − before| / (1 + |before|) of two graphs in float64 on a few seeded rows; undefined for graphs that are
 * too large for it: those, as all, are compared with tfjs when they are whole.
 * @throws AppError `bad-model` when it exceeds the tolerance of an export.
 */
export function checkEqual(before: Graph, after: Graph, pass: string): number | undefined {
  if (!isComparable(before)) return undefined;
  const feeds = feedsOf(before);
  const [expected, got] = [evaluateGraph(before, feeds), evaluateGraph(after, feeds)];
  let worst = 0;
  for (const [name, { data }] of expected) {
    const other = got.get(name)?.data ?? [];
    for (let at = 0; at < data.length; at++) {
      const [a, b] = [Number(data[at]), Number(other[at])];
      if (Object.is(a, b)) continue;
      const difference = Math.abs(b - a) / (1 + Math.abs(a));
      // A NaN on one side is infinitely far away.
      worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    }
  }
  if (worst <= parityTolerance) return worst;
  throw new AppError("bad-model", {
    what: `the pass ${pass} changed what the graph computes`,
    where: before.name,
    expected: `differences up to ${parityTolerance} of 1 + |value|`,
    got: worst.toPrecision(3),
    advice: "Nothing was written; please report this with the model's model.json",
  });
}
