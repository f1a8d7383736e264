import type { Products } from "../runtime/algebra/products.ts";
import { AppError } from "../schemas/errors.ts";
import type { RecallShares } from "../schemas/evaluation.ts";
import type { RankedItems } from "./rank-rows.ts";
import { definedAscending, quantile } from "./summary.ts";

/** Similarities of one product at a time: 32 MiB of float32. */
const blockCells = 2 ** 23;

/** Similarities closer than this are one: float32 products of ranks are exact to about 1e-7. */
const tolerance = 1e-6;

/** R and similarity of every item, `[items]`; NaN where prediction or truth does not vary, or there is no null. */
export interface ItemRecall {
  readonly recall: Float64Array;
  readonly similarity: Float64Array;
}

/**
 * R of item i: the share of the null {rho(predicted i, true j), j ≠ i} that lies below rho(predicted i, true i), rho
 * being Spearman's (CMap, Subramanian et al., Cell 171, 2017, STAR Methods). The items × items similarities are products of
 * rank rows on ONNX Runtime, 32 MiB at a time.
 * @throws AppError `cancelled` when `signal` is aborted, between products
 */
export async function itemRecall(
  products: Products,
  { predicted, truth, signal }: { predicted: RankedItems; truth: RankedItems; signal?: AbortSignal | undefined },
): Promise<ItemRecall> {
  const { items, length } = truth;
  const recall = new Float64Array(items).fill(Number.NaN);
  const similarity = recall.slice();
  const nulls = truth.varies.reduce((sum, one) => sum + one, 0) - 1;
  const atATime = Math.max(1, Math.floor(blockCells / items));
  for (let start = 0; start < items; start += atATime) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "evaluation stopped" }, { cause: signal.reason });
    const count = Math.min(atATime, items - start);
    const a = predicted.values.subarray(start * length, (start + count) * length);
    const shape = { m: count, k: length, n: items, transB: true } as const;
    const block = await products.multiply({ type: "float32", a, b: truth.values, ...shape });
    for (let i = start; i < start + count; i++) {
      if (predicted.varies[i] === 0 || truth.varies[i] === 0) continue;
      const row = block.subarray((i - start) * items, (i - start + 1) * items);
      const own = row[i]!;
      similarity[i] = Math.min(1, Math.max(-1, own));
      if (nulls > 0) recall[i] = countBelow(row, own - tolerance, truth.varies) / nulls;
    }
  }
  return { recall, similarity };
}

function countBelow(row: Float32Array, bound: number, varies: Uint8Array): number {
  let below = 0;
  for (let j = 0; j < row.length; j++) if (varies[j] === 1 && row[j]! < bound) below += 1;
  return below;
}

/** R from which on a gene is "BING-like": about as well inferred as CMap's best inferred genes. */
export const bingRecall = 0.95;

/** The figures of the items that have an R; undefined where none has. */
export function recallShares({ recall, similarity }: ItemRecall): RecallShares | undefined {
  const sorted = definedAscending(recall);
  if (sorted.length === 0) return undefined;
  const atLeast = (bound: number) => sorted.filter((r) => r >= bound).length / sorted.length;
  return {
    tested: sorted.length,
    medianSimilarity: quantile(definedAscending(similarity), 0.5),
    median: quantile(sorted, 0.5),
    atLeast95: atLeast(bingRecall),
    atLeast99: atLeast(0.99),
  };
}
