import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockCount, canonicalJson, draftPlan, openRanges } from "../../infer/plan.ts";
import { type ExpressionManifest, InferOptions } from "../../schemas/index.ts";

const manifest = { contentHash: "cd".repeat(32) } as unknown as ExpressionManifest;
const draft = (shape: { samples: number; inputGenes: number; outputGenes: number }, blockRows?: number) =>
  draftPlan({ manifest, inputs: [], options: InferOptions.parse({}), provider: "cpu", shape, blockRows });

describe("a plan's block grid", () => {
  it("has as many profiles a block as give 24 MiB of output, or as asked for within bounds of memory", () => {
    const rows = (inputGenes: number, outputGenes: number, asked?: number): number =>
      draft({ samples: 9999, inputGenes, outputGenes }, asked).blockRows;
    expect(rows(978, 22_268)).toBe(256);
    expect(rows(978, 1000)).toBe(1024);
    expect(rows(978, 500_000)).toBe(12);
    expect(rows(978, 22_268, 8)).toBe(8);
    expect(rows(978, 22_268, 1024)).toBe(1024);
    expect(rows(978, 60_000, 1024)).toBe(559);
    expect(rows(22_268, 22_268, 1024)).toBe(753);
    expect(() => draft({ samples: 9, inputGenes: 9, outputGenes: 9 }, 0)).toThrow("blockRows");
  });
  it("is read in ranges that hold every open row once, and no row of a finished block", () => {
    const grids = fc.record({
      samples: fc.integer({ min: 1, max: 200 }),
      blockRows: fc.integer({ min: 1, max: 50 }),
      done: fc.uniqueArray(fc.integer({ min: 0, max: 199 })),
    });
    fc.assert(
      fc.property(grids, ({ samples, blockRows, done }) => {
        const seen = new Int32Array(samples);
        const ranges = openRanges({ samples, blockRows }, (block) => done.includes(block));
        for (const { start, end } of ranges) {
          expect(start % blockRows).toBe(0);
          for (let row = start; row < end; row += 1) seen[row] = (seen[row] ?? 0) + 1;
        }
        const expected = Int32Array.from(seen, (_, row) => (done.includes(Math.floor(row / blockRows)) ? 0 : 1));
        expect(seen).toEqual(expected);
        const open = Array.from({ length: blockCount({ samples, blockRows }) }, (_, b) => b).filter(
          (b) => !done.includes(b),
        );
        expect(ranges.length).toBeLessThanOrEqual(open.length);
      }),
    );
  });
});

describe("canonical JSON", () => {
  it("does not depend on the order of keys, nor on absent members", () => {
    expect(canonicalJson({ b: [1, { d: "x", c: null }], a: undefined })).toBe('{"b":[1,{"c":null,"d":"x"}]}');
  });
  it("parses to the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
