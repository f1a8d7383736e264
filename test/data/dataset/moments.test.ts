import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DatasetMeasure } from "../../../data/dataset/measure.ts";
import { MissingValues } from "../../../data/dataset/missing.ts";
import { MomentsAccumulator } from "../../../data/dataset/moments.ts";

const allRows = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

/** Oracle: the plain two-pass formulas in float64 over the values of one gene. */
function plainMoments(values: readonly number[]): { mean: number; sd: number } {
  const present = values.filter((value) => !Number.isNaN(value));
  const mean = present.reduce((sum, x) => sum + x, 0) / present.length;
  return { mean, sd: Math.sqrt(present.reduce((sum, x) => sum + (x - mean) ** 2, 0) / present.length) };
}

/** |a − b|; 0 where both are NaN, as they are of no values. */
function difference(a = 0, b = 0): number {
  return Number.isNaN(a) && Number.isNaN(b) ? 0 : Math.abs(a - b);
}

describe("moments", () => {
  const cell = fc.oneof(
    { weight: 5, arbitrary: fc.float({ min: -1000, max: 1000, noNaN: true }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  );
  it("equal the plain formulas over whichever blocks the rows come in, NaN left out", () => {
    const genes = 3;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        (rows, blockSizes) => {
          const accumulator = new MomentsAccumulator(genes);
          for (let start = 0, block = 0; start < rows.length; block += 1) {
            const size = blockSizes[block % blockSizes.length] ?? 1;
            const part = rows.slice(start, start + size);
            accumulator.add({ values: Float32Array.from(part.flat()), rows: allRows(part.length) });
            start += size;
          }
          const { mean, sd, count } = accumulator.finish();
          for (let gene = 0; gene < genes; gene += 1) {
            const values = rows.map((row) => Math.fround(row[gene] ?? Number.NaN));
            const oracle = plainMoments(values);
            expect(count[gene]).toBe(values.filter((value) => !Number.isNaN(value)).length);
            expect(difference(mean[gene], oracle.mean)).toBeLessThan(1e-9);
            expect(difference(sd[gene], oracle.sd)).toBeLessThan(1e-9);
          }
        },
      ),
    );
  });
  it("keep their digits where the mean is a million times the spread", () => {
    const accumulator = new MomentsAccumulator(1);
    for (let block = 0; block < 100; block += 1)
      accumulator.add({ values: Float32Array.of(1e6 + 1, 1e6 - 1, 1e6 + 1, 1e6 - 1), rows: allRows(4) });
    expect(accumulator.finish()).toMatchObject({ mean: Float64Array.of(1e6), sd: Float64Array.of(1) });
  });
  it("give a constant gene an sd of exactly 0", () => {
    const accumulator = new MomentsAccumulator(1);
    for (const rows of [1, 3, 7]) accumulator.add({ values: new Float32Array(rows).fill(0.1), rows: allRows(rows) });
    const { mean, sd } = accumulator.finish();
    expect([...sd]).toEqual([0]);
    expect([...mean]).toEqual([Math.fround(0.1)]);
  });
  it("count only the rows asked for", () => {
    const accumulator = new MomentsAccumulator(1);
    accumulator.add({ values: Float32Array.of(1, 100, 3), rows: Int32Array.of(0, 2) });
    expect([...accumulator.finish().mean]).toEqual([2]);
  });
});

describe("measure of a dataset", () => {
  // Two cohorts of two samples; the second sample of each is not for training. One gene.
  const plan = { geneIds: ["G"], codes: Uint8Array.of(0, 2, 0, 1), cohorts: ["a", "b"] };
  const measured = (fittedOn: "train" | "all" | "cohort", values = [1, 5, 3, 11]) => {
    const measure = new DatasetMeasure({ ...plan, fittedOn });
    measure.add({ start: 0, rows: 2, values: Float32Array.from(values.slice(0, 2)), cohort: "a" });
    measure.add({ start: 2, rows: 2, values: Float32Array.from(values.slice(2)), cohort: "b" });
    return measure.finish();
  };
  it("is of training rows with `train`", () => {
    expect(measured("train").moments).toEqual([{ cohort: "*", mean: [2], sd: [1] }]);
  });
  it("is of all rows with `all`", () => {
    expect(measured("all").moments).toEqual([{ cohort: "*", mean: [5], sd: [expect.closeTo(Math.sqrt(14), 12)] }]);
  });
  it("is of each cohort's rows with `cohort`, beside the training rows' as the reference of a model", () => {
    expect(measured("cohort").moments).toEqual([
      { cohort: "*", mean: [2], sd: [1] },
      { cohort: "a", mean: [3], sd: [2] },
      { cohort: "b", mean: [7], sd: [4] },
    ]);
  });
  it("names genes that are constant in the training rows, whatever the moments are fitted on", () => {
    expect(measured("all", [1, 5, 1, 11]).constant).toEqual(["G"]);
    expect(measured("train").constant).toEqual([]);
  });
  it("refuses infinite values by the gene's name", () => {
    expect(() => measured("train", [Number.NEGATIVE_INFINITY, 0, 1, 1])).toThrow(
      /infinite values in 1 gene in use.*: G/,
    );
  });
});

describe("missing values", () => {
  it("are refused with the genes and how often, and an advice", () => {
    const missing = new MissingValues(["A", "B"]);
    missing.add(Float32Array.of(1, Number.NaN, 2, Number.NaN, Number.NaN, 0));
    expect(() => missing.check("refuse")).toThrow(
      /3 values missing, in 2 of the 2 genes in use .*A in 1 sample; B in 2 samples.*--missing mean/,
    );
  });
  it("are filled by the mean in place, and counted", () => {
    const missing = new MissingValues(["A", "B"]);
    const values = Float32Array.of(1, Number.NaN, Number.NaN, 4);
    missing.add(values, { mean: Float64Array.of(7, 8) });
    expect([...values]).toEqual([1, 8, 7, 4]);
    expect(missing.cells).toBe(2);
    expect(() => missing.check("mean")).not.toThrow();
  });
  it("that no training row has a value for are refused even so", () => {
    const missing = new MissingValues(["A"]);
    missing.add(Float32Array.of(Number.NaN), { mean: Float64Array.of(Number.NaN) });
    expect(() => missing.check("mean")).toThrow(/in the training rows of each cohort.*A in 1 sample/);
  });
});
