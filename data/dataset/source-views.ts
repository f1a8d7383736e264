/**
 * Expression sources seen through a change, without a copy of their values.
 * @module
 */
import { blockGrid } from "../read/block-grid.ts";
import type { Block, BlockRange, ExpressionSource } from "../source.ts";
import { pickFields } from "./cohorts.ts";
import { log2Of } from "./gather.ts";

/** A source with some of its samples. @param kept ascending; disposing of the view disposes of the source */
export function keptSamples(source: ExpressionSource, kept: Int32Array): ExpressionSource {
  const genes = source.genes.ids.length;
  const rows = Array.from(kept);
  return {
    ...viewOf(source),
    samples: { ids: rows.map((row) => source.samples.ids[row] ?? ""), fields: pickFields(source.samples.fields, rows) },
    async *blocks(range: BlockRange = {}): AsyncGenerator<Block> {
      const { start, end } = blockGrid(range, { samples: kept.length, genes });
      if (start >= end) return;
      let next = start;
      const inSource = { ...range, start: kept[start] ?? 0, end: (kept[end - 1] ?? 0) + 1 };
      for await (const block of source.blocks(inSource)) {
        const first = next;
        for (; next < end && (kept[next] ?? 0) < block.start + block.rows; next += 1) {
          const from = ((kept[next] ?? 0) - block.start) * genes;
          // Rows move towards the front of a block that is ours.
          block.values.copyWithin((next - first) * genes, from, from + genes);
        }
        if (next === first) continue;
        yield { start: first, rows: next - first, values: block.values.subarray(0, (next - first) * genes) };
      }
    },
  };
}

/** A source whose values are log2 of what they are (`log2Of`). Disposing of the view disposes of the source. */
export function loggedValues(source: ExpressionSource, offset: number): ExpressionSource {
  return {
    ...viewOf(source),
    async *blocks(range: BlockRange = {}): AsyncGenerator<Block> {
      for await (const block of source.blocks(range)) {
        const { values } = block;
        for (let cell = 0; cell < values.length; cell += 1) values[cell] = log2Of(values[cell] as number, offset);
        yield block;
      }
    },
  };
}

/**
 * A source whose missing values are a number of their gene's. Disposing of the view disposes of the source.
 * @param fill `[genes]`; NaN, which a gene has that is missing throughout, fills in 0
 */
export function filledValues(source: ExpressionSource, fill: Float64Array): ExpressionSource {
  return {
    ...viewOf(source),
    async *blocks(range: BlockRange = {}): AsyncGenerator<Block> {
      for await (const block of source.blocks(range)) {
        const { values } = block;
        for (let cell = 0; cell < values.length; cell += 1)
          if (Number.isNaN(values[cell])) values[cell] = fill[cell % fill.length] || 0;
        yield block;
      }
    },
  };
}

/** The parts that a view shares with its source, whatever class that is of. */
function viewOf(source: ExpressionSource): Omit<ExpressionSource, "blocks"> {
  const { format, label, genes, samples, warnings } = source;
  return { format, label, genes, samples, warnings, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}
