import type { GraphBuilder } from "../../onnx/builder.ts";
import { sumOfAll } from "../sum-of-all.ts";

/** Keeps the quotient finite where all gradients are 0. */
const smallestNorm = 1e-30;

/** min(1, limit/‖g‖), ‖g‖ the norm of all gradients together (Pascanu, Mikolov & Bengio 2013, algorithm 1), rank 0. */
export function clipScale(g: GraphBuilder, gradients: readonly string[], limit: number): string {
  const squares = gradients.map((gradient) => sumOfAll(g, g.op("Mul", [gradient, gradient])));
  const norm = g.op("Sqrt", [squares.reduce((sum, square) => g.op("Add", [sum, square]))]);
  return g.op("Min", [g.scalar(1), g.op("Div", [g.scalar(limit), g.op("Max", [norm, g.scalar(smallestNorm)])])]);
}
