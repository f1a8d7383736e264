import * as fc from "fast-check";
import { expect, test } from "vitest";
import { averageRanks, rankCorrelation } from "../../evaluate/rank.ts";
import { rankGenes } from "../../evaluate/rank-genes.ts";
import { rankRows } from "../../evaluate/rank-rows.ts";

const [items, length] = [3, 5];
const cell = fc.integer({ min: -3, max: 3 });
const cells = (of: fc.Arbitrary<number>) => fc.array(of, { minLength: items * length, maxLength: items * length });
const matrixOf = (values: readonly number[]) => ({ values: Float32Array.from(values), items, length });

test("genes are ranked as rankRows ranks them one matrix at a time, and rho is that of the cells with a truth", () => {
  const missing = fc.oneof({ weight: 4, arbitrary: cell }, { weight: 1, arbitrary: fc.constant(Number.NaN) });
  fc.assert(
    fc.property(cells(missing), cells(cell), cells(cell), (measured, ...models) => {
      const { truth, predictions } = rankGenes(matrixOf(measured), models.map(matrixOf));
      expect(truth).toEqual(rankRows(matrixOf(measured)));
      expect(predictions.map(({ genes }) => genes)).toEqual(models.map((values) => rankRows(matrixOf(values))));
      for (const [m, { spearman }] of predictions.entries())
        for (let gene = 0; gene < items; gene++) {
          const places = Array.from({ length }, (_, i) => gene * length + i).filter(
            (i) => !Number.isNaN(measured[i] ?? Number.NaN),
          );
          const ranks = (from: readonly number[] | undefined) =>
            averageRanks(Float32Array.from(places, (i) => from?.[i] ?? Number.NaN));
          expect(spearman[gene]).toBe(rankCorrelation(ranks(measured), ranks(models[m])));
        }
    }),
  );
});
