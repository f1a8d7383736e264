import { expect, test } from "vitest";
import { type HeldOutSet, heldOutSets, selectionOf } from "../../../train/outputs/held-out-sets.ts";
import type { SplitName } from "../../../train/standardised.ts";

const of = (cohorts: Record<SplitName, readonly string[]>) => heldOutSets((split) => cohorts[split]);
const short = (sets: readonly HeldOutSet[]) => sets.map(({ name, split, cohort }) => `${name}=${split}:${cohort}`);

/** The paper's own cohorts. */
const paper = of({ train: ["GEO"], validation: ["GEO", "1000G"], test: ["GEO", "GTEx"] });

test("the paper's cohorts have the names and the order of its log", () => {
  expect(short(paper)).toEqual(["va=validation:GEO", "te=test:GEO", "1000G=validation:1000G", "GTEx=test:GTEx"]);
});

test("one cohort has va and te, by its own keys or the split's", () => {
  const sets = of({ train: ["A"], validation: ["A"], test: ["A"] });
  expect(short(sets)).toEqual(["va=validation:A", "te=test:A"]);
  expect(sets.map(({ keys }) => keys)).toEqual([
    ["validation:A", "validation"],
    ["test:A", "test"],
  ]);
});

test("a cohort that does not train keeps its name, with _va and _te where it has rows of both", () => {
  const sets = of({ train: ["A"], validation: ["A", "B c"], test: ["A", "B c"] });
  expect(sets.map(({ name }) => name)).toEqual(["va", "te", "B_c_va", "B_c_te"]);
  expect(short(of({ train: ["A"], validation: ["A"], test: ["B"] }))).toEqual(["va=validation:A", "B=test:B"]);
});

test("several training cohorts: va and te are all rows, each cohort follows", () => {
  const sets = of({ train: ["A", "B"], validation: ["A", "B"], test: ["C"] });
  expect(short(sets)).toEqual(["va=validation:undefined", "te=test:C", "A=validation:A", "B=validation:B"]);
});

test("no held-out rows, no sets", () => {
  expect(of({ train: ["A"], validation: [], test: [] })).toEqual([]);
});

test("selections are found by cohort, key or all rows", () => {
  expect(selectionOf("validation:GEO", paper).name).toBe("va");
  expect(selectionOf("validation:1000G", paper)).toMatchObject({ name: "1000G", set: { cohort: "1000G" } });
  // All validation rows are not the set that is called va here.
  expect(selectionOf("validation", paper)).toEqual({ name: "all", set: undefined });
  const single = of({ train: ["A"], validation: ["A"], test: ["A"] });
  expect(selectionOf("last", single)).toEqual({ name: "last", set: undefined });
  for (const name of ["validation", "validation:A"]) expect(selectionOf(name, single).name).toBe("va");
});
