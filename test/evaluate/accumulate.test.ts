import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GeneScores } from "../../evaluate/accumulate.ts";
import { isAppError } from "../../schemas/errors.ts";

const geneIds = (genes: number) => Array.from({ length: genes }, (_, g) => `G${g}`);

/** Scores of whole matrices `[rows, genes]`, cut into blocks of `blockRows`. */
function scored(options: {
  truth: Float32Array;
  prediction: Float32Array;
  genes: number;
  blockRows?: number;
  halfwidths?: Float64Array;
}) {
  const { truth, prediction, genes, halfwidths } = options;
  const rows = truth.length / genes;
  const { blockRows = rows } = options;
  const scores = new GeneScores({ model: "m", geneIds: geneIds(genes), halfwidths });
  for (let start = 0; start < rows; start += blockRows) {
    const end = Math.min(rows, start + blockRows);
    const [from, to] = [start * genes, end * genes];
    scores.add({ truth: truth.subarray(from, to), prediction: prediction.subarray(from, to), rows: end - start });
  }
  return scores.metrics();
}

/** Truth and prediction of one gene. */
const truth = Float32Array.of(0.5, -1.25, 2.0, 0.75, -0.5, 1.5, 3.0, -2.25);
const prediction = Float32Array.of(0.25, -1.0, 1.5, 1.0, -0.75, 1.5, 2.25, -1.0);

test("one gene's scores match numpy 2", () => {
  const metrics = scored({ truth, prediction, genes: 1 });
  // np.abs(y-x).mean(), np.corrcoef, 1 - sse/sst, x.std(), y.std() of the eight pairs above.
  expect(metrics.n[0]).toBe(8);
  expect(metrics.mae[0]).toBeCloseTo(0.4375, 14);
  expect(metrics.rmse[0]).toBeCloseTo(0.57282196186948, 13);
  expect(metrics.bias[0]).toBeCloseTo(0, 14);
  expect(metrics.pearson[0]).toBeCloseTo(0.9635806115895574, 13);
  expect(metrics.r2[0]).toBeCloseTo(0.8760604942825525, 13);
  expect(metrics.sdTruth[0]).toBeCloseTo(1.6271020058681016, 13);
  expect(metrics.sdPrediction[0]).toBeCloseTo(1.19528696868158, 13);
  expect(metrics.sdRatio[0]).toBeCloseTo(0.7346109613108509, 13);
  expect(metrics.coverage).toBeUndefined();
});

test("coverage counts the cells whose error is at most the half-width", () => {
  // Errors: 0.25 0.25 0.5 0.25 0.25 0 0.75 1.25.
  const covered = (width: number) =>
    scored({ truth, prediction, genes: 1, halfwidths: Float64Array.of(width) }).coverage?.[0];
  expect(covered(0.5)).toBe(6 / 8);
  expect(covered(0.49)).toBe(5 / 8);
  expect(covered(Number.NaN)).toBeNaN();
});

test("a missing truth is left out of its gene only", () => {
  const withGap = Float32Array.of(1, 10, Number.NaN, 20, 3, 40);
  const predicted = Float32Array.of(1.5, 11, 100, 21, 2, 44);
  const metrics = scored({ truth: withGap, prediction: predicted, genes: 2 });
  expect([...metrics.n]).toEqual([2, 3]);
  expect([...metrics.mae]).toEqual([0.75, 2]);
});

test("a gene without any truth has no scores", () => {
  const metrics = scored({ truth: Float32Array.of(Number.NaN, 1), prediction: Float32Array.of(0, 1), genes: 2 });
  expect(metrics.n[0]).toBe(0);
  for (const values of [metrics.mae, metrics.rmse, metrics.pearson, metrics.r2, metrics.sdRatio])
    expect(values[0]).toBeNaN();
  expect(metrics.mae[1]).toBe(0);
});

test("a constant gene has an sd of exactly 0 and neither correlation nor R²", () => {
  const constant = new Float32Array(1000).fill(0.1);
  const varying = Float32Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i)));
  const flatTruth = scored({ truth: constant, prediction: varying, genes: 1 });
  expect(flatTruth.sdTruth[0]).toBe(0);
  expect([flatTruth.pearson[0], flatTruth.r2[0], flatTruth.sdRatio[0]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  const flatPrediction = scored({ truth: varying, prediction: constant, genes: 1 });
  expect(flatPrediction.pearson[0]).toBeNaN();
  expect(flatPrediction.sdRatio[0]).toBe(0);
  expect(flatPrediction.r2[0]).toBeLessThan(0);
});

test("one sample has errors but no correlation", () => {
  const metrics = scored({ truth: Float32Array.of(1), prediction: Float32Array.of(0.5), genes: 1 });
  expect([metrics.mae[0], metrics.rmse[0], metrics.bias[0]]).toEqual([0.5, 0.5, -0.5]);
  expect(metrics.pearson[0]).toBeNaN();
});

test("a large offset does not spoil variance and correlation", () => {
  // Whole numbers beside 2^23 are exact in float32; the shifted values have the same variance.
  const small = Float32Array.of(0, 1, 2, 3, 4, 7);
  const other = Float32Array.of(1, 1, 2, 5, 3, 6);
  const shift = (values: Float32Array) => values.map((value) => value + 2 ** 23);
  const near = scored({ truth: small, prediction: other, genes: 1 });
  const far = scored({ truth: shift(small), prediction: shift(other), genes: 1 });
  expect(far.sdTruth[0]).toBe(near.sdTruth[0]);
  expect(far.pearson[0]).toBe(near.pearson[0]);
});

/** Matrices `[rows, genes]` with missing truths; hundredths, so that the formulas compared with lose no digits. */
const matrices = fc.integer({ min: 1, max: 4 }).chain((genes) =>
  fc.integer({ min: 1, max: 30 }).chain((rows) => {
    const value = fc.integer({ min: -800, max: 800 }).map((hundredths) => hundredths / 100);
    const values = (of: fc.Arbitrary<number>) =>
      fc.array(of, { minLength: rows * genes, maxLength: rows * genes }).map((list) => Float32Array.from(list));
    return fc.record({
      genes: fc.constant(genes),
      truth: values(fc.oneof({ weight: 9, arbitrary: value }, fc.constant(Number.NaN))),
      prediction: values(value),
    });
  }),
);

test("every division into blocks gives the same bits", () => {
  fc.assert(
    fc.property(matrices, fc.integer({ min: 1, max: 7 }), (whole, blockRows) => {
      expect(scored({ ...whole, blockRows })).toEqual(scored(whole));
    }),
  );
});

test("scores match two-pass float64 formulas, and do not depend on the order of samples", () => {
  fc.assert(
    fc.property(matrices, ({ genes, truth: x, prediction: y }) => {
      const metrics = scored({ genes, truth: x, prediction: y });
      const rows = x.length / genes;
      const reversed = (values: Float32Array) =>
        Float32Array.from(
          { length: values.length },
          (_, i) => values[(rows - 1 - Math.floor(i / genes)) * genes + (i % genes)] ?? 0,
        );
      const backwards = scored({ genes, truth: reversed(x), prediction: reversed(y) });
      for (let g = 0; g < genes; g++) {
        const cells = Array.from(
          { length: rows },
          (_, row) => [x[row * genes + g] ?? 0, y[row * genes + g] ?? 0] as const,
        );
        const expected = twoPass(cells.filter(([truthOf]) => !Number.isNaN(truthOf)));
        for (const [name, value] of Object.entries(expected)) {
          const key = name as keyof typeof expected;
          for (const scores of [metrics, backwards])
            expect(scores[key][g], `${name} of gene ${g}`).toSatisfy((got: number) => isClose(got, value));
        }
      }
    }),
  );
});

/** Equal to 1e-9 of the magnitude, or both not defined. */
function isClose(got: number, expected: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(got);
  return Math.abs(got - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}

function twoPass(cells: readonly (readonly [number, number])[]) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [cells.map(([value]) => value), cells.map(([, value]) => value)];
  const varies = (values: readonly number[]) => values.some((value) => value !== values[0]);
  const sd = (values: readonly number[]) =>
    varies(values) || values.length === 0 ? Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2))) : 0;
  const covariance = mean(cells.map(([a, b]) => (a - mean(x)) * (b - mean(y))));
  const squared = mean(cells.map(([a, b]) => (b - a) ** 2));
  return {
    mae: mean(cells.map(([a, b]) => Math.abs(b - a))),
    rmse: Math.sqrt(squared),
    bias: mean(cells.map(([a, b]) => b - a)),
    sdTruth: sd(x),
    sdPrediction: sd(y),
    pearson: varies(x) && varies(y) ? covariance / (sd(x) * sd(y)) : Number.NaN,
    r2: varies(x) ? 1 - squared / sd(x) ** 2 : Number.NaN,
  };
}

test("the errors of a block's rows are returned for its groups", () => {
  const scores = new GeneScores({ model: "m", geneIds: geneIds(2) });
  const errors = scores.add({
    truth: Float32Array.of(0, 1, Number.NaN, 2),
    prediction: Float32Array.of(1, 3, 9, 2.5),
    rows: 2,
  });
  expect([...errors.absolute]).toEqual([3, 0.5]);
  expect([...errors.cells]).toEqual([2, 1]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("a prediction of %d names the model and the gene", (bad) => {
  const scores = new GeneScores({ model: "dgex:3", geneIds: ["A", "TP53"] });
  // The truth is missing there: even so the model is broken.
  const block = { truth: Float32Array.of(0, Number.NaN), prediction: Float32Array.of(0, bad), rows: 1 };
  const error = thrownBy(() => scores.add(block));
  expect(isAppError(error, "internal")).toBe(true);
  expect(String(error)).toMatch(/dgex:3.*TP53/);
});

test("an infinite truth is bad data", () => {
  const scores = new GeneScores({ model: "m", geneIds: ["A"] });
  const block = { truth: Float32Array.of(Number.POSITIVE_INFINITY), prediction: Float32Array.of(0), rows: 1 };
  expect(
    isAppError(
      thrownBy(() => scores.add(block)),
      "bad-data",
    ),
  ).toBe(true);
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
