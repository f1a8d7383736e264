/**
 * `Loop`: runs its body until the trip count or the condition ends it.
 * @module
 */
import { graphOf } from "../attributes.ts";
import { type Evaluator, valueAt } from "./evaluator.ts";
import { stacked } from "./stacked.ts";
import type { EvalTensor } from "./value.ts";

/** Body: (step, condition, carried…) → (condition, carried…, scans…); scans are stacked along a new first axis. */
export const loop: Evaluator = (evaluation) => {
  const body = graphOf(evaluation.node, "body");
  const [trips, start] = evaluation.inputs;
  const most = trips === undefined ? Number.POSITIVE_INFINITY : Number(trips.data[0]);
  let condition = start === undefined || start.data[0] === 1;
  let carried: readonly EvalTensor[] = evaluation.inputs.slice(2).map((_, index) => valueAt(evaluation, index + 2));
  const scans: (readonly EvalTensor[])[] = [];
  for (let step = 0; step < most && condition; step++) {
    const [goesOn, ...results] = evaluation.run(body, [
      { type: "int64", dims: [], data: BigInt64Array.of(BigInt(step)) },
      { type: "bool", dims: [], data: Float64Array.of(1) },
      ...carried,
    ]);
    condition = goesOn?.data[0] === 1;
    scans.push(results.slice(carried.length));
    carried = results.slice(0, carried.length);
  }
  const scanCount = body.outputs.length - 1 - carried.length;
  return [...carried, ...Array.from({ length: scanCount }, (_, index) => stacked(scans.map((step) => step[index])))];
};
