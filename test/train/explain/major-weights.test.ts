import { assert, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../../../data/random.ts";
import { majorOfColumns, majorOfRows } from "../../../train/explain/major-weights.ts";

/** The rule in float64, weight by weight (Chen et al. 2016, 3.4), of the weights of one gene. */
function majorOf(weights: readonly number[], sds: number): number[] {
  const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
  const sd = Math.sqrt(weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / weights.length);
  return weights.flatMap((w, unit) => (sd > 0 && Math.abs(w - mean) >= sds * sd ? [unit] : []));
}

const normal = (count: number, seed: number): Float32Array => {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal() ** 3);
};

test("rows and columns keep what the formula keeps, on heavy-tailed kernels", () => {
  assert(
    property(integer({ min: 1, max: 9 }), integer({ min: 1, max: 60 }), nat(999), (genes, units, seed) => {
      const values = normal(genes * units, seed);
      const edges = majorOfRows({ values, rows: genes, columns: units }, 1.5);
      const expected = Array.from({ length: genes }, (_, g) => [
        ...values.subarray(g * units, (g + 1) * units),
      ]).flatMap((weights, gene) => majorOf(weights, 1.5).map((unit) => [gene, unit, weights[unit]]));
      expect([...edges.genes].map((gene, e) => [gene, edges.units[e], edges.weights[e]])).toEqual(expected);
      // The transposed kernel has the same edges, in another order.
      const transposed = Float32Array.from({ length: genes * units }, (_, i) => {
        const [unit, gene] = [Math.floor(i / genes), i % genes];
        return values[gene * units + unit] ?? Number.NaN;
      });
      const columns = majorOfColumns({ values: transposed, rows: units, columns: genes }, 1.5);
      const keyed = (list: typeof edges) => [...list.genes].map((gene, e) => `${gene} ${list.units[e]}`).toSorted();
      expect(keyed(columns)).toEqual(keyed(edges));
    }),
  );
});

test("one weight far out is kept with its sign and its distance in sds", () => {
  // 99 weights of 0 and one of −1: mean −0.01, sd √(0.0099) = 0.099499, so (−1 + 0.01)/sd = −9.9499.
  const values = new Float32Array(100);
  values[42] = -1;
  const { genes, units, weights, deviations } = majorOfRows({ values, rows: 1, columns: 100 });
  expect([[...genes], [...units], [...weights]]).toEqual([[0], [42], [-1]]);
  expect(deviations[0]).toBeCloseTo(-9.9499, 4);
});

test("weights that are all equal have no major ones; the limit itself is kept", () => {
  expect(majorOfRows({ values: new Float32Array(10).fill(0.3), rows: 1, columns: 10 }, 4).genes).toHaveLength(0);
  expect(majorOfColumns({ values: new Float32Array(10).fill(0.3), rows: 10, columns: 1 }, 5).genes).toHaveLength(0);
  // ±1: every weight lies exactly 1 sd from the mean.
  const pair = Float32Array.of(1, -1);
  expect(majorOfRows({ values: pair, rows: 1, columns: 2 }, 1).genes).toHaveLength(2);
  expect(majorOfRows({ values: pair, rows: 1, columns: 2 }, 1.001).genes).toHaveLength(0);
});
