import { z } from "zod";
import type { GraphBuilder } from "../../../onnx/builder.ts";
import { AppError } from "../../../schemas/index.ts";
import { alongAxes, featureAxes } from "../last-axis.ts";
import { rowSum } from "../row-sum.ts";
import { defineModelessLayer } from "../rule.ts";

/** tfjs' fuzz factor (tfjs-layers `backend/common.ts`, `epsilon`). */
const smallestSquare = 1e-7;

/** x/√max(Σx², 1e-7) along one axis (tfjs-layers `losses.ts`, `l2Normalize`). */
function unitLength(g: GraphBuilder, x: string, axis: number): string {
  return alongAxes(g, x, {
    axes: [axis],
    f: (row) => {
      const squares = rowSum(g, g.op("Mul", [row, row]));
      return g.op("Div", [row, g.op("Sqrt", [g.op("Max", [squares, g.scalar(smallestSquare)])])]);
    },
  });
}

/** A matrix a sample, `[N, rows, axis]`; of a vector a sample, `[N, 1, axis]`. */
function rowsAlong(g: GraphBuilder, x: string, axis: number): string {
  if (g.info(x).dims.length === 2) return g.op("Unsqueeze", [x, g.ints([1])]);
  return axis === 2 ? x : g.op("Transpose", [x], { perm: [0n, 2n, 1n] });
}

/** Sums of products along an axis of each of two inputs: `[N, …rest of a, …rest of b]`, at least `[N, 1]`. */
export const dot = defineModelessLayer(
  z.object({
    axes: z.union([z.number().int(), z.tuple([z.number().int(), z.number().int()])]),
    normalize: z.boolean().nullish(),
  }),
  ({ axes, normalize }, inputs, { builder: g }) => {
    const ranks = inputs.map((input) => g.info(input).dims.length);
    const [a, b] = inputs;
    if (a === undefined || b === undefined || inputs.length > 2 || ranks.some((rank) => rank < 2 || rank > 3))
      throw new AppError("bad-model", {
        what: "the layer takes two vectors or matrices a sample",
        got: inputs.map((input) => `[${g.info(input).dims.join(", ")}]`).join(" and "),
      });
    const [ofA, ofB] = typeof axes === "number" ? [axes, axes] : axes;
    const [axisA = 1] = featureAxes([ofA], ranks[0] ?? 2);
    const [axisB = 1] = featureAxes([ofB], ranks[1] ?? 2);
    const [x, y] = normalize === true ? [unitLength(g, a, axisA), unitLength(g, b, axisB)] : [a, b];
    if (ranks[0] === 2 && ranks[1] === 2) return [rowSum(g, g.op("Mul", [x, y]))];
    const columns = g.op("Transpose", [rowsAlong(g, y, axisB)], { perm: [0n, 2n, 1n] });
    const product = g.op("MatMul", [rowsAlong(g, x, axisA), columns]);
    if (ranks[0] === 2) return [g.op("Squeeze", [product, g.ints([1])])];
    return [ranks[1] === 2 ? g.op("Squeeze", [product, g.ints([2])]) : product];
  },
);
