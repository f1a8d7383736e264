/**
 * Shape of `Loop`: carried values keep type and dims, each step's scan outputs are stacked along a new first axis.
 * @module
 */
import { graphOf } from "../attributes.ts";
import type { Graph, ValueInfo } from "../graph.ts";
import { type Call, isDeclaredAs, misfit, operand, type Shape, type ShapeRule, shapeText } from "./call.ts";

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

/** Inferred outputs of the body. Symbols that it declares for them are free: there is no caller who reads them. */
function bodyResults(call: Call, body: Graph): readonly ValueInfo[] {
  const values = call.scope.infer(body);
  return body.outputs.map((output) => {
    const found = values.get(output.name);
    if (found === undefined) throw misfit(call, { what: `nothing in the body produces its output ${output.name}` });
    if (isDeclaredAs(output, found, (dim) => typeof dim === "string")) return found;
    const what = `output ${output.name} of the body is not as declared`;
    throw misfit(call, { what, expected: shapeText(output), got: shapeText(found) });
  });
}

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

function expectShape(
  call: Call,
  what: string,
  { expected, got }: { readonly expected: Shape; readonly got: ValueInfo | undefined },
): void {
  if (got === undefined || shapeText(got) !== shapeText(expected)) {
    throw misfit(call, { what, expected: shapeText(expected), got: got === undefined ? "nothing" : shapeText(got) });
  }
}
