import type { GraphBuilder } from "../../onnx/builder.ts";
import { AppError } from "../../schemas/index.ts";

/**
 * Σ over the last axis of `x` `[..., C]` times `factor`, as `[..., 1]`: a product with a constant column.
 *
 * Not `ReduceSum` or `ReduceMean`: ONNX Runtime's CPU kernels sum a row in an order that depends on where the row lies
 * in memory, so a profile's last bits would change with its place in the batch (measured: 28 of 130 rows of width 978
 * differ between batches of 1 and 130; the product with a constant column gives equal bits for every batch size).
 */
export function rowSum(builder: GraphBuilder, x: string, { factor = 1 }: { readonly factor?: number } = {}): string {
  const width = builder.info(x).dims.at(-1);
  if (typeof width !== "number")
    throw new AppError("bad-model", { what: "a row of open length cannot be summed", where: x });
  // Constant folding makes the column an initializer.
  return builder.op("MatMul", [x, builder.op("Expand", [builder.scalar(factor), builder.ints([width, 1])])]);
}
