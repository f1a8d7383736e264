import { rowSum } from "../export/lower/row-sum.ts";
import type { GraphBuilder } from "../onnx/builder.ts";
import { AppError } from "../schemas/errors.ts";

/** Σ over all elements of a value as rank 0, by products: their order of summation does not depend on memory. */
export function sumOfAll(g: GraphBuilder, value: string): string {
  const rows = g
    .info(value)
    .dims.slice(0, -1)
    .reduce<number>((product, length) => {
      if (typeof length === "number") return product * length;
      throw new AppError("bad-model", { what: "only values of fixed dims can be summed", where: value });
    }, 1);
  const perRow = g.op("Reshape", [rowSum(g, value), g.ints([1, rows])]);
  return g.op("Reshape", [rowSum(g, perRow), g.ints([])]);
}
