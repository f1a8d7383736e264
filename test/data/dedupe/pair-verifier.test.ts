import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PairVerifier } from "../../../data/dedupe/pair-verifier.ts";
import { SourceRows } from "../../../data/dedupe/source-rows.ts";
import { Random } from "../../../data/random.ts";
import { bruteForce } from "./brute-force.ts";
import { memoryExpression } from "./memory-expression.ts";

describe("PairVerifier", () => {
  it("finds the first duplicate before each sample, in whatever order and portions pairs come", async () => {
    const random = new Random(1);
    const matrix = Array.from({ length: 30 }, () => [2 * random.uniform(), 2 * random.uniform()]);
    const all = matrix.flatMap((_, j) => Array.from({ length: j }, (__, i) => [i, j]));
    const portions = fc.record({
      order: fc.shuffledSubarray(all, { minLength: all.length }),
      waitingPairs: fc.integer({ min: 1, max: 500 }),
      batchRows: fc.integer({ min: 2, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(portions, async ({ order, waitingPairs, batchRows }) => {
        const rows = new SourceRows(memoryExpression(matrix), { heldBytes: 0 });
        const verifier = new PairVerifier(rows, { distance: 0.7, rowBytes: 8 * batchRows, waitingPairs });
        for (const pair of order) await verifier.add(Int32Array.from(pair));
        expect(await verifier.finish()).toEqual(bruteForce(matrix, 0.7));
      }),
      { numRuns: 30 },
    );
  });

  it("looks at one pair of each sample of a crowd, and never has more rows in memory than it may", async () => {
    const crowd = Array.from({ length: 40 }, () => [1, 2]);
    const rows = new SourceRows(memoryExpression(crowd), { heldBytes: 0 });
    let most = 0;
    const read = (wanted: Int32Array): Promise<Float32Array> => {
      most = Math.max(most, wanted.length);
      return rows.read(wanted);
    };
    const counted = { rows: 40, columns: 2, read };
    const verifier = new PairVerifier(counted, { distance: 1, rowBytes: 8 * 5 });
    const pairs = crowd.flatMap((_, j) => Array.from({ length: j }, (__, i) => [i, j]).flat());
    await verifier.add(Int32Array.from(pairs));
    expect(await verifier.finish()).toEqual(bruteForce(crowd));
    expect(most).toBe(5);
  });
});
