/**
 * `Scan`: runs its body on one slice after another.
 * @module
 */
import { graphOf, intOf } from "../attributes.ts";
import { elementCount } from "../element.ts";
import { type Evaluator, valueAt } from "./evaluator.ts";
import { stacked } from "./stacked.ts";
import type { EvalTensor } from "./value.ts";

/** Body: (state…, slices…) → (state…, scans…); slices are along axis 0, scans are stacked along a new one. */
export const scan: Evaluator = (evaluation) => {
  const { node } = evaluation;
  const body = graphOf(node, "body");
  const given = node.inputs.map((_, index) => valueAt(evaluation, index));
  const stateCount = given.length - intOf(node, "num_scan_inputs");
  const scanned = given.slice(stateCount);
  let state: readonly EvalTensor[] = given.slice(0, stateCount);
  const scans: (readonly EvalTensor[])[] = [];
  for (let step = 0; step < (scanned[0]?.dims[0] ?? 0); step++) {
    const results = evaluation.run(body, [...state, ...scanned.map((whole) => sliceOf(whole, step))]);
    state = results.slice(0, stateCount);
    scans.push(results.slice(stateCount));
  }
  const scanCount = body.outputs.length - stateCount;
  return [...state, ...Array.from({ length: scanCount }, (_, index) => stacked(scans.map((step) => step[index])))];
};

function sliceOf(whole: EvalTensor, step: number): EvalTensor {
  const dims = whole.dims.slice(1);
  const size = elementCount(dims);
  const [start, end] = [step * size, (step + 1) * size];
  return whole.type === "int64"
    ? { type: whole.type, dims, data: whole.data.slice(start, end) }
    : { type: whole.type, dims, data: whole.data.slice(start, end) };
}
