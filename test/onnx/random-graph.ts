/** Random well-formed graphs over [N, width] for property tests. */
import * as fc from "fast-check";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph, OpName } from "../../onnx/graph.ts";

const unaries = ["Relu", "Tanh", "Sigmoid", "Neg", "Identity", "Abs"] as const;
const binaries = ["Add", "Sub", "Mul", "Max", "Min"] as const;

interface Step {
  readonly kind: "unary" | "binary" | "dense" | "scalar" | "leaky" | "transpose" | "reduce" | "slice";
  /** Chooses operators and earlier values. */
  readonly pick: number;
  readonly other: number;
  readonly value: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("unary", "binary", "dense", "scalar", "leaky", "transpose", "reduce", "slice"),
  pick: fc.nat(1000),
  other: fc.nat(1000),
  value: fc.float({ noNaN: true, noDefaultInfinity: true }),
});

function at<T>(items: readonly T[], pick: number): T {
  const item = items[pick % items.length];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** Adds one step; gives the new [N, width] value. */
function grow(builder: GraphBuilder, made: readonly string[], { kind, pick, other, value }: Step): string {
  const width = 3;
  const [a, b] = [at(made, pick), at(made, other)];
  const scoped = pick % 3 === 0 ? builder.scope(`part${pick % 2}`) : builder;
  switch (kind) {
    case "unary":
      return scoped.op(at<OpName>(unaries, other), [a]);
    case "binary":
      return scoped.op(at<OpName>(binaries, pick + other), [a, b]);
    case "dense": {
      const data = Float32Array.from({ length: width * width }, (_, index) => value + index);
      const weights = scoped.initializer(`weights${made.length}`, { type: "float32", dims: [width, width], data });
      return scoped.op("Gemm", [a, weights], { alpha: value, transB: BigInt(pick % 2) });
    }
    case "scalar":
      return scoped.op("Mul", [a, scoped.scalar(value)]);
    case "leaky":
      return scoped.op("LeakyRelu", [a], { alpha: value });
    case "transpose":
      return scoped.op("Transpose", [scoped.op("Transpose", [a])], { perm: [1n, 0n] });
    case "reduce":
      return scoped.op("Sub", [a, scoped.op("ReduceMean", [a], { axes: [1n] })]);
    case "slice":
      return scoped.op("Slice", [a, scoped.ints([0]), scoped.ints([2 ** 40]), scoped.ints([0])]);
  }
}

/** Graphs with one input `x` [N, 3] and one output `y`, and the steps they are made of. */
export const randomSteps: fc.Arbitrary<readonly Step[]> = fc.array(step, { maxLength: 12 });

/** Builds the graph of some steps. */
export function graphOfSteps(steps: readonly Step[]): Graph {
  const builder = new GraphBuilder("random");
  const made = [builder.input("x", "float32", ["N", 3])];
  for (const next of steps) made.push(grow(builder, made, next));
  builder.output("y", at(made, made.length - 1));
  return builder.build();
}
