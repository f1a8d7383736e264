import { assert, asyncProperty, integer, tuple } from "fast-check";
import { expect, test } from "vitest";
import { npyHeader, npyPieces } from "../../../data/write/npy.ts";

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: number[] = [];
  for await (const piece of pieces) all.push(...piece);
  return Uint8Array.from(all);
}

async function* inBlocks(values: Float32Array, [columns, blockRows]: readonly [number, number]) {
  for (let at = 0; at < values.length; at += columns * blockRows) yield values.subarray(at, at + columns * blockRows);
}

test("the header is what numpy.save writes for float32 [2, 3]", () => {
  // numpy.save(f, numpy.zeros((2, 3), numpy.float32)): magic, version 1.0, length 118, dictionary, padding, newline.
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const expected = `\x93NUMPY\x01\x00\x76\x00${text.padEnd(117)}\n`;
  expect(String.fromCharCode(...npyHeader(2, 3))).toBe(expected);
});

test("the bytes are the header and the values, however the rows are cut into blocks", async () => {
  const sizes = tuple(integer({ min: 0, max: 20 }), integer({ min: 1, max: 7 }), integer({ min: 1, max: 9 }));
  await assert(
    asyncProperty(sizes, async ([rows, columns, blockRows]) => {
      // A view that does not start at its buffer's start.
      const values = Float32Array.from({ length: rows * columns + 1 }, (_, i) => i / 3).subarray(1);
      const bytes = await bytesOf(npyPieces({ rows, columns }, inBlocks(values, [columns, blockRows])));
      const header = npyHeader(rows, columns);
      expect([...bytes.subarray(0, header.length)]).toEqual([...header]);
      expect([...new Float32Array(bytes.buffer.slice(header.length))]).toEqual([...values]);
    }),
    { numRuns: 50 },
  );
});

test("refuses blocks that come to fewer rows, more rows, or a part of one", async () => {
  const shape = { rows: 3, columns: 2 };
  for (const length of [4, 8, 5])
    await expect(bytesOf(npyPieces(shape, inBlocks(new Float32Array(length), [2, 2])))).rejects.toMatchObject({
      tag: "internal",
      fault: { expected: "3 × 2 values" },
    });
});
