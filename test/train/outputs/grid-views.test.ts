import { expect, test } from "vitest";
import { gridViews, viewName, viewNotes } from "../../../train/outputs/grid-views.ts";
import { heldOutSets } from "../../../train/outputs/held-out-sets.ts";
import type { SplitName } from "../../../train/standardised.ts";

const viewsOf = (cohorts: Readonly<Record<SplitName, readonly string[]>>) =>
  gridViews(heldOutSets((split) => cohorts[split]));

const tablesOf = (cohorts: Readonly<Record<SplitName, readonly string[]>>) =>
  viewsOf(cohorts).flatMap(({ table, ...view }) => (table === undefined ? [] : [`${table}: ${viewName(view)}`]));

test("the paper's cohorts give the paper's tables, and nothing more is shown but the validation sets themselves", () => {
  const paper = { train: ["GEO"], validation: ["GEO", "1000G"], test: ["GEO", "GTEx"] };
  expect(viewsOf(paper)).toEqual([
    { selection: "validation:GEO", set: "test:GEO", table: 1 },
    { selection: "validation:GEO", set: "validation:GEO" },
    { selection: "validation:1000G", set: "test:GTEx", table: 2 },
    { selection: "validation:1000G", set: "validation:1000G" },
  ]);
  expect(viewNotes(viewsOf(paper))).toEqual([]);
});

test("cohorts that are in every split choose for themselves, all rows together for all", () => {
  const all = { train: ["A", "B"], validation: ["A", "B"], test: ["A", "B"] };
  expect(tablesOf(all)).toEqual([
    "1: test, chosen on validation",
    "2: A (test), chosen on A (validation)",
    "3: B (test), chosen on B (validation)",
  ]);
});

test("a cohort with rows of both splits does not choose for another one", () => {
  const mixed = { train: ["GEO"], validation: ["GEO", "X"], test: ["GEO", "X", "GTEx"] };
  expect(tablesOf(mixed)).toEqual([
    "1: GEO (test), chosen on GEO (validation)",
    "2: X (test), chosen on X (validation)",
  ]);
  expect(viewNotes(viewsOf(mixed))).toEqual([
    "no validation set belongs to GTEx (test): it is shown with what GEO (validation) chooses",
  ]);
});

test("two platforms that validate alone both choose for one that tests alone", () => {
  const three = { train: ["GEO"], validation: ["GEO", "1000G", "X"], test: ["GEO", "GTEx"] };
  expect(tablesOf(three).slice(1)).toEqual([
    "2: GTEx (test), chosen on 1000G (validation)",
    "3: GTEx (test), chosen on X (validation)",
  ]);
});

test("one cohort has one table; a second validation set without a test set makes no second one", () => {
  const one = { train: ["main"], validation: ["main"], test: ["main"] };
  expect(tablesOf(one)).toEqual(["1: test, chosen on validation"]);
  expect(viewNotes(viewsOf(one))).toEqual([expect.stringMatching(/^there is no table 2.*only validation set$/)]);
  const untested = { train: ["GEO"], validation: ["GEO", "1000G"], test: ["GEO"] };
  expect(tablesOf(untested)).toEqual(["1: test, chosen on GEO (validation)"]);
  expect(viewNotes(viewsOf(untested))).toEqual([
    expect.stringMatching(/^there is no table 2.*no second validation set belongs to a test set$/),
  ]);
});
