import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KeptSample } from "../../evaluate/kept-sample.ts";

/** Keeps rows 0 … samples − 1 of two genes, worth 10·row + gene, in blocks. */
function keep(samples: number, limitBytes: number, blockRows: number): KeptSample {
  const kept = new KeptSample({ genes: 2, samples, models: 1, limitBytes });
  for (let start = 0; start < samples; start += blockRows) {
    const rows = Math.min(blockRows, samples - start);
    const block = Float32Array.from({ length: 2 * rows }, (_, i) => 10 * (start + Math.floor(i / 2)) + (i % 2));
    kept.add(
      rows,
      [block, block.map((value) => -value)],
      Int32Array.from({ length: rows }, (_, row) => start + row),
    );
  }
  return kept;
}

test("rows that fit are all kept, a gene's values together", () => {
  const kept = keep(3, 1_000, 2);
  expect(kept.matrices.map((matrix) => [...matrix])).toEqual([
    [0, 10, 20, 1, 11, 21],
    [-0, -10, -20, -1, -11, -21],
  ]);
  expect([...kept.groups]).toEqual([0, 1, 2]);
});

test("more rows leave an evenly spaced sample within the memory, whatever the blocks", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 }), (samples, blockRows) => {
      // 4 bytes · 2 genes · 4 matrices a row: seven fit.
      const kept = keep(samples, 7 * 32 + 5, blockRows);
      expect(kept.rows).toBe(Math.min(7, samples));
      const ordinals = [...kept.groups];
      expect(ordinals).toEqual(Array.from(kept.matrices[0]?.subarray(0, kept.rows) ?? [], (value) => value / 10));
      const gaps = ordinals.slice(1).map((ordinal, i) => ordinal - (ordinals[i] ?? 0));
      expect(Math.max(1, ...gaps) - Math.min(...gaps, Math.max(1, ...gaps))).toBeLessThanOrEqual(1);
    }),
  );
});

test("where not even one row fits, none is kept", () => {
  expect(keep(5, 20, 2).rows).toBe(0);
});
