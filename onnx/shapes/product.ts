/**
 * Shapes of matrix products.
 * @module
 */
import { intOf } from "../attributes.ts";
import type { Dim } from "../graph.ts";
import { broadcast } from "./broadcast.ts";
import { type Call, dimsText, misfit, operand, type ShapeRule } from "./call.ts";

/** Y = alpha·A'·B' + beta·C: [m, k] × [k, n] with C broadcast one way to [m, n]. */
export const gemm: ShapeRule = (call) => {
  const [m, k] = matrix(call, 0, intOf(call.node, "transA") !== 0);
  const [k2, n] = matrix(call, 1, intOf(call.node, "transB") !== 0);
  agree(call, k, k2);
  const c = call.inputs[2];
  if (c !== undefined) {
    const stretched = broadcast([c.dims, [m, n]]);
    if (stretched === undefined || dimsText(stretched) !== dimsText([m, n])) {
      const expected = `dims that stretch to ${dimsText([m, n])}`;
      throw misfit(call, { index: 2, what: "C does not fit", expected, got: dimsText(c.dims) });
    }
  }
  return [{ type: operand(call, 0).type, dims: [m, n] }];
};

/** numpy.matmul: leading dims broadcast; a vector is a row on the left and a column on the right. */
export const matMul: ShapeRule = (call) => {
  const [a, b] = [operand(call, 0), operand(call, 1)];
  for (const [index, { dims }] of [a, b].entries()) {
    if (dims.length === 0) throw misfit(call, { index, what: "a scalar has no matrix product" });
  }
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  agree(call, left.at(-1) ?? 1, right.at(-2) ?? 1);
  const batch = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  if (batch === undefined) {
    throw misfit(call, { what: "leading dims do not broadcast", got: `${dimsText(a.dims)} and ${dimsText(b.dims)}` });
  }
  const rows = a.dims.length === 1 ? [] : [left.at(-2) ?? 1];
  const columns = b.dims.length === 1 ? [] : [right.at(-1) ?? 1];
  return [{ type: a.type, dims: [...batch, ...rows, ...columns] }];
};

function matrix(call: Call, index: number, transposed: boolean): readonly [Dim, Dim] {
  const { dims } = operand(call, index);
  const [rows, columns] = dims;
  if (rows === undefined || columns === undefined || dims.length !== 2) {
    throw misfit(call, { index, what: "not a matrix", expected: "rank 2", got: dimsText(dims) });
  }
  return transposed ? [columns, rows] : [rows, columns];
}

/** Inner dimensions must be the same; a symbol may turn out to be any length. */
function agree(call: Call, left: Dim, right: Dim): void {
  const certain = typeof left === typeof right;
  if (certain && left !== right) {
    throw misfit(call, { index: 1, what: "inner dimensions differ", expected: String(left), got: String(right) });
  }
}
