/**
 * Multidirectional broadcasting (ONNX Broadcasting.md): dims are aligned at the end, 1 stretches.
 * @module
 */
import type { Dim } from "../graph.ts";

/**
 * The dims that all of `shapes` stretch to, or `undefined` where they do not fit for certain. A symbolic dimension
 * fits itself, 1, and any length (which then is the result: the symbol can only be that length or 1).
 */
export function broadcast(shapes: readonly (readonly Dim[])[]): readonly Dim[] | undefined {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length));
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const met = new Set<Dim>(shapes.map((dims) => dims[axis - rank + dims.length] ?? 1).filter((dim) => dim !== 1));
    const lengths = [...met].filter((dim) => typeof dim === "number");
    if (lengths.length > 1 || (lengths.length === 0 && met.size > 1)) return undefined;
    result.push(lengths[0] ?? [...met][0] ?? 1);
  }
  return result;
}
