/**
 * Shape of `Resize`, of which whole factors counted from the corner are in use: what upsampling layers need.
 * @module
 */
import { textOf } from "../attributes.ts";
import { type Call, constantInts, dimsText, misfit, operand, type ShapeRule } from "./call.ts";
import { product } from "./dims.ts";

/** Every length times its scale. */
export const resize: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const scales = constantInts(call, 2);
  const known =
    scales?.length === dims.length &&
    scales.every((scale) => Number.isSafeInteger(scale) && scale > 0) &&
    isInUse(call);
  if (!known || scales === undefined)
    throw misfit(call, {
      index: 2,
      what: "a kind of resizing that is not in use",
      expected: "whole scales, asymmetric coordinates, nearest (floor) or linear",
      got: dimsText(scales ?? []),
    });
  return [{ type, dims: dims.map((dim, axis) => product([dim, scales[axis] ?? 1])) }];
};

function isInUse({ node, inputs }: Call): boolean {
  const isNearest = textOf(node, "mode") === "nearest" && textOf(node, "nearest_mode") === "floor";
  const isCorner = textOf(node, "coordinate_transformation_mode") === "asymmetric";
  return isCorner && inputs[3] === undefined && (isNearest || textOf(node, "mode") === "linear");
}
