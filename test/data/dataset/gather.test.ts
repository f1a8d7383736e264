import { describe, expect, it } from "vitest";
import { gatherGenes, genePicks, log2Of } from "../../../data/dataset/gather.ts";

/** Two samples of a file of four genes. */
const block = { start: 0, rows: 2, values: Float32Array.of(1, 2, 4, 8, 16, Number.NaN, 64, Number.NaN) };

describe("gathering the genes in use", () => {
  it("picks columns in the order asked for", () => {
    const picks = genePicks(4, [[3], [0]]);
    expect([...gatherGenes(block, picks, { merge: "mean" })]).toEqual([8, 1, Number.NaN, 16]);
  });
  it("merges several columns by mean or maximum, NaN left out, NaN where nothing is measured", () => {
    const picks = genePicks(4, [[0, 1], [1, 3], [2]]);
    expect([...gatherGenes(block, picks, { merge: "mean" })]).toEqual([1.5, 5, 4, 16, Number.NaN, 64]);
    expect([...gatherGenes(block, picks, { merge: "max" })]).toEqual([2, 8, 4, 16, Number.NaN, 64]);
  });
  it("takes logarithms before it merges", () => {
    const picks = genePicks(4, [[1, 3], [2]]);
    const gathered = gatherGenes(block, picks, { merge: "mean", log2: 0 });
    // mean(log2 2, log2 8) = 2, where log2(mean(2, 8)) would be 2.32.
    expect([...gathered]).toEqual([2, 2, Number.NaN, 6]);
  });
});

describe("log2", () => {
  it("with offset 0 is log2(max(x, 1))", () => {
    expect([-3, 0, 0.5, 1, 8].map((x) => log2Of(x, 0))).toEqual([0, 0, 0, 0, 3]);
  });
  it("with an offset is log2(max(x, 0) + offset)", () => {
    expect([-3, 0, 1, 7].map((x) => log2Of(x, 1))).toEqual([0, 0, 1, 3]);
    expect(log2Of(0, 0.5)).toBe(-1);
  });
  it("keeps missing values missing", () => {
    expect(log2Of(Number.NaN, 0)).toBeNaN();
    expect(log2Of(Number.NaN, 1)).toBeNaN();
  });
});
