import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Hdf5Dataset } from "../../../data/read/hdf5.ts";
import { hdf5Blocks } from "../../../data/read/hdf5-blocks.ts";
import type { Block, BlockRange } from "../../../data/source.ts";
import { refusal } from "./memory-source.ts";

/** A matrix whose cell is its row number, which notes what is read of it. */
function countedMatrix(shape: readonly [number, number], chunkRows?: number) {
  const reads: (readonly [start: number, end: number])[] = [];
  const matrix: Hdf5Dataset = {
    path: "/0/DATA/0/matrix",
    shape,
    chunk: chunkRows === undefined ? undefined : [chunkRows, shape[1]],
    kind: "number",
    texts: () => [],
    numbers: () => new Float64Array(0),
    rows(start, end) {
      reads.push([start, end]);
      const rows = new Float32Array((end - start) * shape[1]);
      for (let row = start; row < end; row++) rows.fill(row, (row - start) * shape[1], (row - start + 1) * shape[1]);
      return rows;
    },
  };
  return { matrix, reads };
}

async function collect(matrix: Hdf5Dataset, range: BlockRange): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const block of hdf5Blocks(matrix, { label: "m.gctx", range })) blocks.push(block);
  return blocks;
}

test("any range, block and chunk size: every row once, blocks of the size asked for, no row read twice", async () => {
  const cases = fc.record({
    samples: fc.integer({ min: 1, max: 60 }),
    chunkRows: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
    blockRows: fc.integer({ min: 1, max: 70 }),
    bounds: fc.tuple(fc.nat(60), fc.nat(60)),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ samples, chunkRows, blockRows, bounds }) => {
      const [start = 0, end = 0] = bounds.map((bound) => bound % (samples + 1)).toSorted((a, b) => a - b);
      const { matrix, reads } = countedMatrix([samples, 3], chunkRows);
      const blocks = await collect(matrix, { start, end, blockRows });
      const rows = blocks.flatMap(({ values }) => Array.from(values).filter((_, i) => i % 3 === 0));
      expect(rows).toEqual(Array.from({ length: end - start }, (_, i) => start + i));
      expect(blocks.map((block) => block.start)).toEqual(
        Array.from({ length: Math.ceil((end - start) / blockRows) }, (_, i) => start + i * blockRows),
      );
      const ends = reads.map((read) => read[1]);
      expect(reads.map((read) => read[0])).toEqual(end > start ? [start, ...ends.slice(0, -1)] : []);
      expect(ends.slice(0, -1).filter((last) => last % (chunkRows ?? 1) !== 0)).toEqual([]);
    }),
    { seed: 5 },
  );
});

test("blocks and reads stay within 64 MiB whatever is asked for", async () => {
  const { matrix, reads } = countedMatrix([9000, 4096], 64);
  const sizes: number[] = [];
  for await (const block of hdf5Blocks(matrix, { label: "m.gctx", range: { blockRows: 100_000 } })) {
    sizes.push(block.values.byteLength);
  }
  const limit = 64 * 2 ** 20;
  expect(sizes).toEqual([limit, limit, 808 * 4096 * 4]);
  expect(reads).toEqual([
    [0, 4096],
    [4096, 8192],
    [8192, 9000],
  ]);
});

test("where whole chunks do not fill 64 MiB, reads still end where chunks do", async () => {
  const { matrix, reads } = countedMatrix([9000, 4096], 1000);
  let rows = 0;
  for await (const block of hdf5Blocks(matrix, { label: "m.gctx", range: { blockRows: 100_000 } })) rows += block.rows;
  expect(rows).toBe(9000);
  expect(reads.map(([start]) => start)).toEqual([0, 4000, 8000]);
});

test("a chunk that spans more rows than fit is read in parts", async () => {
  const { matrix, reads } = countedMatrix([5000, 8192], 5000);
  for await (const block of hdf5Blocks(matrix, { label: "m.gctx", range: {} })) expect(block.rows).toBeLessThan(1025);
  expect(reads.every(([start, end]) => end - start <= 2048)).toBe(true);
});

test("a block handed out is never written again, aligned or not", async () => {
  for (const blockRows of [4, 6]) {
    const { matrix } = countedMatrix([12, 1], 4);
    const blocks = await collect(matrix, { blockRows });
    expect(new Set(blocks.map(({ values }) => values.buffer)).size).toBe(blocks.length);
    expect(blocks.flatMap(({ values }) => [...values])).toEqual(Array.from({ length: 12 }, (_, row) => row));
  }
});

test("-666 is a missing value", async () => {
  const { matrix } = countedMatrix([1, 2]);
  const [block] = await collect({ ...matrix, rows: () => Float32Array.of(-666, -665) }, {});
  expect(block?.values).toEqual(Float32Array.of(Number.NaN, -665));
});

test("a long reading lets the abort signal's own event come through", async () => {
  const { matrix } = countedMatrix([1_000_000, 1]);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 1);
  // Without giving up the thread the timer above could never fire before the end.
  const reading = collect(matrix, { blockRows: 1, signal: abort.signal });
  expect(await refusal(reading)).toBe("cancelled: m.gctx: reading was cancelled");
});
