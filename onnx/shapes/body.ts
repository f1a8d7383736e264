/**
 * What the operators with a body check of it.
 * @module
 */
import type { Graph, ValueInfo } from "../graph.ts";
import { type Call, isDeclaredAs, misfit, type Shape, shapeText } from "./call.ts";

/** Inferred outputs of the body. Symbols that it declares for them are free: there is no caller who reads them. */
export function bodyResults(call: Call, body: Graph): readonly ValueInfo[] {
  const values = call.scope.infer(body);
  return body.outputs.map((output) => {
    const found = values.get(output.name);
    if (found === undefined) throw misfit(call, { what: `nothing in the body produces its output ${output.name}` });
    if (isDeclaredAs(output, found, (dim) => typeof dim === "string")) return found;
    const what = `output ${output.name} of the body is not as declared`;
    throw misfit(call, { what, expected: shapeText(output), got: shapeText(found) });
  });
}

/** @throws AppError `bad-model` where a value of the body is not what its operator hands over or takes back. */
export function expectShape(
  call: Call,
  what: string,
  { expected, got }: { readonly expected: Shape; readonly got: ValueInfo | undefined },
): void {
  if (got === undefined || shapeText(got) !== shapeText(expected)) {
    throw misfit(call, { what, expected: shapeText(expected), got: got === undefined ? "nothing" : shapeText(got) });
  }
}
