import { blockGrid } from "../data/read/block-grid.ts";
import type { Axis, ExpressionSource } from "../data/source.ts";
import { AppError } from "../schemas/index.ts";

/** Profiles in memory. */
export interface MemoryMatrix {
  readonly genes: Axis;
  readonly samples: Axis;
  /** `[samples, genes]`, row-major; only read. */
  readonly values: Float32Array;
  readonly label: string;
}

/**
 * Profiles in memory as an expression source.
 * @throws AppError `bad-data` when there are none, or when the values are not `[samples, genes]`
 */
export function memorySource({ genes, samples, values, label }: MemoryMatrix): ExpressionSource {
  const shape = { samples: samples.ids.length, genes: genes.ids.length };
  if (values.length !== shape.samples * shape.genes || values.length === 0)
    throw new AppError("bad-data", {
      what: values.length === 0 ? "there are no profiles" : "the values do not fit the ids",
      where: label,
      expected: `${shape.samples} profiles of ${shape.genes} genes`,
      got: `${values.length} values`,
    });
  return {
    format: "gctx",
    label,
    genes,
    samples,
    warnings: [],
    async *blocks(range = {}) {
      const { start, end, blockRows } = blockGrid(range, shape);
      for (let row = start; row < end; row += blockRows) {
        const rows = Math.min(blockRows, end - row);
        yield { start: row, rows, values: values.slice(row * shape.genes, (row + rows) * shape.genes) };
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
