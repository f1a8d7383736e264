import { expect, it } from "vitest";
import { best, bestOn } from "../../train/candidates.ts";

const scored = (...maes: readonly number[]) => maes.map((validationMae, value) => ({ value, validationMae }));

it("the best candidate has the smallest validation MAE, of equals the first, by the rows that are asked", () => {
  expect(best(scored(0.5, 0.3, 0.3, 0.4)).value).toBe(1);
  const scores = { all: scored(0.5, 0.3), byCohort: new Map([["geo", scored(0.2, 0.2)]]) };
  expect(bestOn(scores, "validation")).toBe(1);
  expect(bestOn(scores, "validation:geo")).toBe(0);
  expect(() => best([])).toThrow(/no candidate was scored/);
});
