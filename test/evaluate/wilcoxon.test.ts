import * as fc from "fast-check";
import { expect, test } from "vitest";
import { twoSidedNormalTail } from "../../evaluate/normal-tail.ts";
import { wilcoxonP } from "../../evaluate/wilcoxon.ts";

const relative = (got: number, expected: number) => Math.abs(got / expected - 1);

test("the normal tail matches scipy 1.17 special.erfc, far out too", () => {
  const expected: readonly (readonly [number, number])[] = [
    [0, 1],
    [0.5, 0.6170750774519739],
    [-1.96, 0.04999579029644087],
    [2.8, 0.005110260660855875],
    [2.9, 0.003731626600768075],
    [5, 5.73303143758389e-7],
    [10, 1.5239706048321166e-23],
    [-37, 1.1451142445050454e-299],
  ];
  for (const [z, p] of expected) expect(relative(twoSidedNormalTail(z), p)).toBeLessThan(1e-11);
  expect(twoSidedNormalTail(100)).toBe(0);
});

test("few differences give scipy 1.17 wilcoxon's exact p", () => {
  const differences = Float64Array.of(0.8, -0.3, 1.1, 0.45, -0.2, 0.9, 1.3, 0.05, -0.6, 0.7);
  expect(wilcoxonP(differences)).toBe(0.083984375);
  // Ties: wilcoxon(method=PermutationMethod(n_resamples=inf)).
  expect(wilcoxonP(Float64Array.of(1, 1, -2, 3, 3, -3, 4))).toBe(0.375);
});

test("many differences give scipy 1.17 wilcoxon's p by normal approximation", () => {
  const untied = Float64Array.from({ length: 30 }, (_, k) => {
    const i = k + 1;
    return (i % 3 === 0 ? -1 : 1) * (((i * 0.7) % 5) + 0.01 * i);
  });
  expect(wilcoxonP(untied)).toBeCloseTo(0.12044472790832522, 12);
  // Ties and five zeros: zero_method="wilcox", correction=False.
  const tied = Float64Array.from({ length: 60 }, (_, k) => (((k * 7) % 11) - 4) / 4);
  expect(wilcoxonP(tied)).toBeCloseTo(0.020689043721346168, 12);
});

test("the exact p matches counting all sign patterns", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 9 }), (list) => {
      expect(wilcoxonP(Float64Array.from(list))).toBeCloseTo(enumerated(list.filter((d) => d !== 0)), 12);
    }),
  );
});

function enumerated(differences: readonly number[]): number {
  const n = differences.length;
  const ranks = differences.map((d) => {
    const smaller = differences.filter((other) => Math.abs(other) < Math.abs(d)).length;
    return smaller + (differences.filter((other) => Math.abs(other) === Math.abs(d)).length + 1) / 2;
  });
  const centre = (n * (n + 1)) / 4;
  const distance = (positive: (i: number) => boolean) =>
    Math.abs(ranks.reduce((sum, rank, i) => (positive(i) ? sum + rank : sum), 0) - centre);
  const observed = distance((i) => (differences[i] ?? 0) > 0);
  let extreme = 0;
  for (let pattern = 0; pattern < 2 ** n; pattern++)
    if (distance((i) => Math.floor(pattern / 2 ** i) % 2 === 1) >= observed) extreme += 1;
  return extreme / 2 ** n;
}

test("swapping the two sides leaves p as it is, and no difference at all is no evidence", () => {
  const differences = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i) + 0.3);
  expect(wilcoxonP(differences.map((d) => -d))).toBeCloseTo(wilcoxonP(differences), 14);
  expect(wilcoxonP(new Float64Array(5))).toBe(1);
  expect(wilcoxonP(new Float64Array(0))).toBe(1);
});
