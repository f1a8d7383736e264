import { expect, test } from "vitest";
import { differential, type GroupedValues } from "../../evaluate/differential.ts";

const genes = 4;
const groups = Int32Array.of(0, 0, 0, 1, 1, 1, 2);
const rows = groups.length;

/** Group means far apart, small deviations: `[genes, rows]`. */
const deviation = (g: number, row: number) => Math.sin(1 + 3 * g + 5 * row * row);
const matrix = (value: (g: number, row: number) => number) =>
  Float32Array.from({ length: genes * rows }, (_, i) => value(Math.floor(i / rows), i % rows));
const truth = matrix((g, row) => 10 * (groups[row] ?? 0) + deviation(g, row));
const scratch = () => ({ truth: new Float32Array(truth.length), prediction: new Float32Array(truth.length) });
const scored = (prediction: Float32Array, changes: Partial<GroupedValues> = {}) =>
  differential("m", { truth, prediction, groups, genes, ...changes }, scratch())?.scores;

test("a prediction of group means plus half the deviations has perfect differences; a group of one is left out", () => {
  const scores = scored(matrix((g, row) => -7 * (groups[row] ?? 0) + 0.5 * deviation(g, row)));
  expect(scores?.samples).toBe(6);
  expect(scores?.gene?.mean).toBeCloseTo(1, 5);
  expect(scores?.profile?.mean).toBeCloseTo(1, 5);
  expect([scores?.signTop, scores?.signBottom, scores?.extremes]).toEqual([1, 1, 2]);
});

test("a reversed one has none", () => {
  const scores = scored(matrix((g, row) => -deviation(g, row)));
  expect(scores?.gene?.mean).toBeCloseTo(-1, 5);
  expect(scores?.signTop).toBe(0);
});

test("the correlation of a gene matches numpy's formula over pooled deviations", () => {
  const prediction = matrix((g, row) => deviation(g + 1, row) + 0.3 * deviation(g, row));
  const result = differential("m", { truth, prediction, groups, genes }, scratch());
  const pooled = (values: Float32Array, g: number) =>
    [0, 1].flatMap((group) => {
      const own = [...groups.keys()].filter((row) => groups[row] === group).map((row) => values[g * rows + row] ?? 0);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      return own.map((value) => value - mean);
    });
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  for (let g = 0; g < genes; g++) {
    const [t, p] = [pooled(truth, g), pooled(prediction, g)];
    expect(result?.gene[g]).toBeCloseTo(dot(t, p) / Math.sqrt(dot(t, t) * dot(p, p)), 5);
  }
});

test("cells without a truth are left out of means, correlations and signs", () => {
  const holed = truth.slice();
  holed[0] = Number.NaN;
  const prediction = matrix((g, row) => (g === 0 && row === 0 ? 1e6 : 0.5 * deviation(g, row)));
  const scores = scored(prediction, { truth: holed });
  expect(scores?.gene?.mean).toBeCloseTo(1, 5);
  expect(scores?.profile?.mean).toBeGreaterThan(0.5);
});

test("a prediction that never deviates, and groups of fewer than three, have no score", () => {
  expect(scored(matrix((_, row) => groups[row] ?? 0))).toBeUndefined();
  expect(scored(truth, { groups: Int32Array.of(0, 0, 1, 1, 2, 2, -1) })).toBeUndefined();
});
