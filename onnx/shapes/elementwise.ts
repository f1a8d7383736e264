/**
 * Shapes of operators that work element by element.
 * @module
 */
import { intOf } from "../attributes.ts";
import { elementTypeOf, elementTypes } from "../element.ts";
import type { Dim, ElementType } from "../graph.ts";
import { broadcast } from "./broadcast.ts";
import { type Call, dimsText, misfit, operand, operands, type ShapeRule } from "./call.ts";

/** Dims of all operands together. */
function broadcastOperands(call: Call): readonly Dim[] {
  const shapes = operands(call).map(({ dims }) => dims);
  const dims = broadcast(shapes);
  if (dims === undefined) {
    throw misfit(call, { what: "inputs do not broadcast", got: shapes.map(dimsText).join(" and ") });
  }
  return dims;
}

/** y has the type and dims of the first input. */
export const unary: ShapeRule = (call) => [operand(call, 0)];

/** y has the broadcast dims and the type of the input at `typeFrom`, or the given type. */
export function broadcasting(type: number | ElementType = 0): ShapeRule {
  return (call) => [
    { type: typeof type === "number" ? operand(call, type).type : type, dims: broadcastOperands(call) },
  ];
}

/** The limits of `Clip` are scalars. */
export const clip: ShapeRule = (call) => {
  for (const index of [1, 2]) {
    const limit = call.inputs[index];
    if (limit !== undefined && limit.dims.length > 0) {
      throw misfit(call, { index, what: "a limit is not a scalar", expected: "[]", got: dimsText(limit.dims) });
    }
  }
  return [operand(call, 0)];
};

/** `to` is an ONNX type code. */
export const cast: ShapeRule = (call) => {
  const code = intOf(call.node, "to");
  const type = elementTypeOf(code);
  if (type === undefined) {
    throw misfit(call, { what: "attribute to: unknown type", expected: elementTypes.join(" | "), got: String(code) });
  }
  return [{ type, dims: operand(call, 0).dims }];
};
