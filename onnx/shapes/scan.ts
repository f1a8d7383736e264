/**
 * Shape of `Scan`: state keeps type and dims, the body's other outputs are stacked along a new first axis.
 * @module
 */
import { graphOf, intOf } from "../attributes.ts";
import { bodyResults, expectShape } from "./body.ts";
import { dimsText, misfit, operands, type Shape, type ShapeRule } from "./call.ts";

/** Inputs: state…, scanned…; body: (state…, a slice of each scanned…) → (state…, scans…). Slices are along axis 0. */
export const scan: ShapeRule = (call) => {
  const { node } = call;
  const body = graphOf(node, "body");
  const given = operands(call);
  const scannedCount = intOf(node, "num_scan_inputs");
  const stateCount = given.length - scannedCount;
  if (scannedCount < 1 || stateCount < 0)
    throw misfit(call, { what: "num_scan_inputs", expected: `1 to ${given.length}`, got: `${scannedCount}` });
  const [state, scanned] = [given.slice(0, stateCount), given.slice(stateCount)];
  const [length] = scanned[0]?.dims ?? [];
  const slices = scanned.map(({ type, dims: [first, ...rest], name }): Shape => {
    if (length === undefined || first !== length)
      throw misfit(call, {
        what: `first axis of the scanned input ${name}`,
        expected: `${length ?? "a length"}`,
        got: dimsText(first === undefined ? [] : [first, ...rest]),
      });
    return { type, dims: rest };
  });
  const handed: readonly Shape[] = [...state, ...slices];
  if (body.inputs.length !== handed.length)
    throw misfit(call, { what: "inputs of the body", expected: `${handed.length}`, got: `${body.inputs.length}` });
  if (body.outputs.length !== node.outputs.length || body.outputs.length < stateCount) {
    const expected = `${node.outputs.length}, at least ${stateCount}`;
    throw misfit(call, { what: "outputs of the body", expected, got: `${body.outputs.length}` });
  }
  for (const [index, expected] of handed.entries())
    expectShape(call, `input ${index} of the body`, { expected, got: body.inputs[index] });
  return bodyResults(call, body).map((got, index): Shape => {
    const expected = state[index];
    if (expected === undefined) return { type: got.type, dims: [length ?? 0, ...got.dims] };
    expectShape(call, `state ${index} after a step`, { expected, got });
    return expected;
  });
};
