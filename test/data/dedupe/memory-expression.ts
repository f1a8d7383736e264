import { blockGrid } from "../../../data/read/block-grid.ts";
import type { Block, BlockRange, ExpressionSource } from "../../../data/source.ts";
import type { MatrixFormat } from "../../../schemas/index.ts";

/** What a {@link memoryExpression} was asked for. */
export interface Reads {
  calls: number;
  rows: number;
}

/** Rows in memory as an expression file `S0`… × `G0`…, which counts what is read of it. */
export function memoryExpression(
  matrix: readonly (readonly number[])[],
  { genes = matrix[0]?.length ?? 0, format = "gctx" }: { readonly genes?: number; readonly format?: MatrixFormat } = {},
): ExpressionSource & { readonly reads: Reads } {
  const reads: Reads = { calls: 0, rows: 0 };
  const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  async function* blocks(range: BlockRange = {}): AsyncGenerator<Block> {
    const { start, end, blockRows } = blockGrid({ blockRows: 5, ...range }, { samples: matrix.length, genes });
    reads.calls += 1;
    for (let first = start; first < end; first += blockRows) {
      const rows = matrix.slice(first, Math.min(end, first + blockRows));
      reads.rows += rows.length;
      yield { start: first, rows: rows.length, values: Float32Array.from(rows.flat()) };
    }
  }
  return {
    format,
    label: "memory.gctx",
    genes: { ids: ids("G", genes), fields: new Map() },
    samples: { ids: ids("S", matrix.length), fields: new Map() },
    warnings: [],
    reads,
    blocks,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
