/**
 * `Resize` by whole factors from the corner (asymmetric coordinates), one axis after the other.
 * @module
 */
import { textOf } from "../attributes.ts";
import { elementCount } from "../element.ts";
import { type Evaluator, numbersAt, valueAt } from "./evaluator.ts";
import { aroundAxis } from "./indices.ts";
import { numbersOf, realTensor } from "./value.ts";

/** Place i of the result lies at i/scale: its lower neighbour, or between that and the upper one. */
export const resize: Evaluator = (evaluation) => {
  const x = valueAt(evaluation, 0);
  const isLinear = textOf(evaluation.node, "mode") === "linear";
  let dims = x.dims;
  let data = numbersOf(x);
  for (const [axis, scale] of (numbersAt(evaluation, 2) ?? []).entries()) {
    if (scale === 1) continue;
    const { length, inner } = aroundAxis(dims, axis);
    dims = dims.with(axis, length * scale);
    const next = new Float64Array(elementCount(dims));
    for (let at = 0; at < next.length; at++) {
      const place = Math.floor(at / inner) % (length * scale);
      const start = Math.floor(at / (inner * length * scale)) * length * inner + (at % inner);
      const low = Math.floor(place / scale);
      const high = Math.min(low + 1, length - 1);
      const share = isLinear ? place / scale - low : 0;
      const below = data[start + low * inner] ?? 0;
      next[at] = below + share * ((data[start + high * inner] ?? 0) - below);
    }
    data = next;
  }
  return [realTensor(x.type, dims, data)];
};
