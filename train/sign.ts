import type { GraphBuilder } from "../onnx/builder.ts";
import { scalarLike } from "./autodiff/rule.ts";

/**
 * Emits sign(x), 0 at 0 and NaN at NaN, as ONNX's Sign has it: that operator has no WebGPU kernel in ONNX Runtime, and
 * the step would wait for a copy to the CPU and back.
 */
export function signOf(g: GraphBuilder, x: string): string {
  const [zero, one, minusOne] = [scalarLike(g, x, 0), scalarLike(g, x, 1), scalarLike(g, x, -1)];
  const notAbove = g.op("Where", [g.op("Less", [x, zero]), minusOne, x]);
  return g.op("Where", [g.op("Greater", [x, zero]), one, notAbove]);
}
