import { expect, test } from "vitest";
import { histogram, kernelDensity, silvermanBandwidth } from "../../evaluate/density.ts";
import { overGenes, quantile } from "../../evaluate/summary.ts";

const values = Float64Array.of(0.1, 2.0, 0.25, 0.4, 1.3, 0.9, 1.35, 0.2);

test("mean, population sd and quartiles match numpy 2 (percentile, type 7)", () => {
  const over = overGenes(values);
  expect(over?.mean).toBeCloseTo(0.8125, 14);
  expect(over?.sd).toBeCloseTo(0.6435982830928001, 14);
  expect(over?.q25).toBeCloseTo(0.2375, 14);
  expect(over?.median).toBeCloseTo(0.65, 14);
  expect(over?.q75).toBeCloseTo(1.3125, 14);
});

test("figures that are not defined are left out, and nothing is summed up where none is", () => {
  expect(overGenes(Float64Array.of(Number.NaN, 2, Number.NaN, 4))).toEqual({
    mean: 3,
    sd: 1,
    median: 3,
    q25: 2.5,
    q75: 3.5,
  });
  expect(overGenes(Float64Array.of(Number.NaN))).toBeUndefined();
  expect(overGenes(Float64Array.of(7))).toEqual({ mean: 7, sd: 0, median: 7, q25: 7, q75: 7 });
  expect(quantile(new Float64Array(0), 0.5)).toBeNaN();
});

test("the kernel density matches scipy 1.17 gaussian_kde with Silverman's rule of thumb", () => {
  const bandwidth = silvermanBandwidth(values) ?? Number.NaN;
  expect(bandwidth).toBeCloseTo(0.4085407317155302, 14);
  const curve = kernelDensity(values, bandwidth, { start: 0, end: 2.5, points: 6 });
  expect(curve[0]).toEqual([0, expect.closeTo(0.41561943298056936, 13)]);
  expect(curve[1]).toEqual([0.5, expect.closeTo(0.4961676034451107, 13)]);
  expect(curve[5]).toEqual([2.5, expect.closeTo(0.06173394024231027, 13)]);
});

test("a density holds all genes: its area is 1", () => {
  const curve = kernelDensity(values, 0.1, { start: -1, end: 3, points: 401 });
  expect(curve.reduce((area, [, y]) => area + y * 0.01, 0)).toBeCloseTo(1, 6);
});

test("values that do not vary have no bandwidth; mostly equal ones fall back on the sd, as R's bw.nrd0 does", () => {
  expect(silvermanBandwidth(new Float64Array(9).fill(0.3))).toBeUndefined();
  expect(silvermanBandwidth(Float64Array.of(1))).toBeUndefined();
  // sd(c(0,0,0,0,0,0,0,1), ddof = 1) = 0.353553…
  expect(silvermanBandwidth(Float64Array.of(0, 0, 0, 0, 0, 0, 0, 1))).toBeCloseTo(
    0.9 * Math.sqrt(0.125) * 8 ** -0.2,
    14,
  );
});

test("a histogram gives shares at the middles of bins, the last bin closed", () => {
  const shares = histogram(Float64Array.of(0, 0.1, 0.5, 1, Number.NaN), { start: 0, end: 1, bins: 2 });
  expect(shares).toEqual([
    [0.25, 0.5],
    [0.75, 0.5],
  ]);
});
