import { elementCount } from "../element.ts";
import type { EvalTensor } from "./value.ts";

/**
 * The results of steps, one after another along a new first axis.
 * @throws Error when there was no step: the shape of nothing is not known.
 */
export function stacked(steps: readonly (EvalTensor | undefined)[]): EvalTensor {
  const parts = steps.filter((step) => step !== undefined);
  const [first] = parts;
  if (first === undefined) throw new Error("without a step there is nothing to stack");
  const dims = [parts.length, ...first.dims];
  const size = elementCount(first.dims);
  if (first.type === "int64") {
    const data = new BigInt64Array(elementCount(dims));
    for (const [step, part] of parts.entries()) if (part.type === "int64") data.set(part.data, step * size);
    return { type: first.type, dims, data };
  }
  const data = new Float64Array(elementCount(dims));
  for (const [step, part] of parts.entries()) if (part.type !== "int64") data.set(part.data, step * size);
  return { type: first.type, dims, data };
}
