/**
 * Shape of `Loop`: carried values keep type and dims, each step's scan outputs are stacked along a new first axis.
 * @module
 */
import { graphOf } from "../attributes.ts";
import type { Graph } from "../graph.ts";
import { bodyResults, expectShape } from "./body.ts";
import { type Call, misfit, operand, type Shape, type ShapeRule } from "./call.ts";

/** Inputs: trip count, condition, carried…; body: (step, condition, carried…) → (condition, carried…, scans…). */
export const loop: ShapeRule = (call) => {
  const { node } = call;
  const body = graphOf(node, "body");
  const carried = Math.max(0, node.inputs.length - 2);
  checkArity(call, body, carried);
  checkBodyInputs(call, body);
  const results = bodyResults(call, body);
  expectShape(call, "condition of the body", { expected: { type: "bool", dims: [] }, got: results[0] });
  const steps = `(${node.name || node.outputs[0]}.steps)`;
  return results.slice(1).map((result, index): Shape => {
    if (index >= carried) return { type: result.type, dims: [steps, ...result.dims] };
    const expected = operand(call, index + 2);
    expectShape(call, `carried value ${index} after a step`, { expected, got: result });
    return expected;
  });
};

function checkArity(call: Call, body: Graph, carried: number): void {
  const { node } = call;
  if (body.inputs.length !== carried + 2) {
    throw misfit(call, { what: "inputs of the body", expected: `${carried + 2}`, got: `${body.inputs.length}` });
  }
  if (body.outputs.length < carried + 1 || body.outputs.length - 1 !== node.outputs.length) {
    const expected = `${node.outputs.length + 1}, at least ${carried + 1}`;
    throw misfit(call, { what: "outputs of the body", expected, got: `${body.outputs.length}` });
  }
}

function checkBodyInputs(call: Call, body: Graph): void {
  const [step, condition, ...carried] = body.inputs;
  expectShape(call, "first input of the body", { expected: { type: "int64", dims: [] }, got: step });
  expectShape(call, "second input of the body", { expected: { type: "bool", dims: [] }, got: condition });
  for (const [index, got] of carried.entries()) {
    expectShape(call, `input ${index + 2} of the body`, { expected: operand(call, index + 2), got });
  }
}
