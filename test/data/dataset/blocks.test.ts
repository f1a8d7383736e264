import { describe, expect, it } from "vitest";
import { type DatasetBlock, datasetBlocks } from "../../../data/dataset/blocks.ts";
import type { Block, BlockRange, ExpressionSource } from "../../../data/source.ts";

/** A source of 100 samples and 2 genes that writes down what is read of it; its blocks have 7 rows. */
function countingSource(): ExpressionSource & { readonly ranges: BlockRange[]; readonly rowsRead: number[] } {
  const ranges: BlockRange[] = [];
  const rowsRead: number[] = [];
  return {
    format: "gctx",
    label: "fake",
    warnings: [],
    ranges,
    rowsRead,
    genes: { ids: ["A", "B"], fields: new Map() },
    samples: { ids: Array.from({ length: 100 }, (_, sample) => `s${sample}`), fields: new Map() },
    async *blocks(range: BlockRange = {}): AsyncGenerator<Block> {
      ranges.push(range);
      for (let start = range.start ?? 0; start < (range.end ?? 100); start += 7) {
        const rows = Math.min(7, (range.end ?? 100) - start);
        rowsRead.push(...Array.from({ length: rows }, (_, row) => start + row));
        yield { start, rows, values: Float32Array.from({ length: 2 * rows }, (_, cell) => 2 * start + cell) };
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
const columns = { landmarkColumns: Int32Array.of(1), targetColumns: Int32Array.of(0, 1) };
async function read(source: ExpressionSource, samples: readonly number[], blockRows: number): Promise<DatasetBlock[]> {
  const blocks: DatasetBlock[] = [];
  for await (const block of datasetBlocks(source, { samples: Int32Array.from(samples), blockRows, ...columns }))
    blocks.push(block);
  return blocks;
}

describe("blocks of a split", () => {
  it("read from the first sample to the last one, once and in order, whatever lies between", async () => {
    const source = countingSource();
    const blocks = await read(source, [10, 11, 50, 93], 3);
    expect(blocks.map(({ rows }) => rows)).toEqual([3, 1]);
    expect(blocks.flatMap(({ sampleIndices }) => [...sampleIndices])).toEqual([10, 11, 50, 93]);
    expect(blocks.flatMap(({ landmarks }) => [...landmarks])).toEqual([21, 23, 101, 187]);
    expect(blocks.flatMap(({ targets }) => [...targets])).toEqual([20, 21, 22, 23, 100, 101, 186, 187]);
    expect(source.ranges).toMatchObject([{ start: 10, end: 94, blockRows: 3 }]);
    expect(source.rowsRead).toEqual(Array.from({ length: 84 }, (_, row) => 10 + row));
  });
  it("leave no empty block behind where the rows come out even", async () => {
    expect((await read(countingSource(), [0, 1, 2, 3], 2)).map(({ rows }) => rows)).toEqual([2, 2]);
  });
  it("read nothing of an empty split", async () => {
    const source = countingSource();
    expect(await read(source, [], 2)).toEqual([]);
    expect(source.ranges).toEqual([]);
  });
  it("read only as far as the receiver goes", async () => {
    const source = countingSource();
    const plan = { samples: Int32Array.from({ length: 100 }, (_, sample) => sample), blockRows: 2, ...columns };
    for await (const { sampleIndices } of datasetBlocks(source, plan)) {
      expect([...sampleIndices]).toEqual([0, 1]);
      break;
    }
    expect(source.rowsRead).toHaveLength(7);
  });
});
