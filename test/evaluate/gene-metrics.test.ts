import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GeneScores } from "../../evaluate/accumulate.ts";

/** Scores of one gene. */
const metricsOf = (truth: readonly number[], prediction: readonly number[]) => {
  const scores = new GeneScores({ model: "m", geneIds: ["g"] });
  const [t, p] = [Float32Array.from(truth), Float32Array.from(prediction)];
  scores.add({ truth: t, prediction: p, rows: t.length });
  return scores.metrics();
};
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

const pairs = fc.array(fc.tuple(fc.integer({ min: -64, max: 64 }), fc.integer({ min: -64, max: 64 })), {
  minLength: 2,
});

test("concordance and cosine match their formulas, two passes over the values", () => {
  fc.assert(
    fc.property(pairs, (cells) => {
      const [x, y] = [cells.map(([a]) => 100 + a / 8), cells.map(([, b]) => b / 8)];
      const [mx, my] = [mean(x), mean(y)];
      const variance = (values: number[], m: number) => mean(values.map((value) => (value - m) ** 2));
      const covariance = mean(x.map((value, i) => (value - mx) * ((y[i] ?? 0) - my)));
      const ccc = (2 * covariance) / (variance(x, mx) + variance(y, my) + (mx - my) ** 2);
      const squares = sum(x.map((value) => value ** 2)) * sum(y.map((value) => value ** 2));
      // Where every prediction is 0 there is none, as the last test says.
      fc.pre(squares > 0);
      const cosine = sum(x.map((value, i) => value * (y[i] ?? 0))) / Math.sqrt(squares);
      const got = metricsOf(x, y);
      expect(got.ccc[0]).toBeCloseTo(ccc, 9);
      expect(got.meanTruth[0]).toBeCloseTo(mx, 9);
      expect(got.cosine[0]).toBeCloseTo(cosine, 9);
    }),
  );
});

test("both are of both alike, and cosine does not change with the scale of predictions", () => {
  const [x, y] = [
    [1, 2, 4, -1],
    [0.5, 2, 3, 1],
  ];
  expect(metricsOf(x, y).ccc).toEqual(metricsOf(y, x).ccc);
  expect(
    metricsOf(
      x,
      y.map((value) => 4 * value),
    ).cosine[0],
  ).toBeCloseTo(metricsOf(x, y).cosine[0] ?? 0, 12);
});

test("a perfect prediction has 1; the mean of the truth 0; neither is defined where all is 0", () => {
  expect(metricsOf([1, 2, 4], [1, 2, 4]).ccc[0]).toBe(1);
  expect(metricsOf([-1, 0, 1], [0, 0, 0]).ccc[0]).toBe(0);
  const zeros = metricsOf([0, 0], [0, 0]);
  expect([zeros.ccc[0], zeros.cosine[0]]).toEqual([Number.NaN, Number.NaN]);
});
