import { describe, expect, it } from "vitest";
import type { CohortAxes } from "../../../data/dataset/cohorts.ts";
import { type DatasetChoices, planDataset } from "../../../data/dataset/plan.ts";
import { geneSpace } from "../../../data/genes/gene-space.ts";
import type { MetaColumn } from "../../../data/source.ts";
import type { SplitRecipe } from "../../../schemas/index.ts";

interface Fields {
  readonly genes?: Record<string, MetaColumn>;
  readonly samples?: Record<string, MetaColumn>;
}
const axes = (
  cohort: string,
  [genes, samples]: readonly [readonly string[], readonly string[]],
  fields: Fields = {},
): CohortAxes => ({
  cohort,
  label: `${cohort}.gctx`,
  genes: { ids: genes, fields: new Map(Object.entries(fields.genes ?? {})) },
  samples: { ids: samples, fields: new Map(Object.entries(fields.samples ?? {})) },
});
const list = (...entries: string[]) => ({ kind: "list", label: "x.grp", entries }) as const;
const choices: DatasetChoices = {
  landmarks: list("A", "C"),
  targets: { kind: "rest" },
  split: { kind: "random", fractions: [1, 0, 0], seed: 1 },
  duplicates: "error",
};
const one = axes("one", [
  ["A", "B", "C"],
  ["s1", "s2"],
]);

describe("genes of a dataset", () => {
  it("are the landmarks and targets in the file's order, marked as such; a gene may be both", () => {
    const four = axes("four", [["A", "B", "C", "D"], ["s1"]]);
    const plan = planDataset([four], { ...choices, targets: list("C", "D") });
    expect(plan.genes.ids).toEqual(["A", "C", "D"]);
    expect(plan.genes.fields.get("lf_landmark")).toEqual(Float64Array.of(1, 1, 0));
    expect(plan.genes.fields.get("lf_target")).toEqual(Float64Array.of(0, 1, 1));
    expect([...(plan.cohorts[0]?.picks.columns ?? [])]).toEqual([0, 2, 3]);
  });
  it("may be told by what the others are: `rest`", () => {
    const plan = planDataset([one], { ...choices, landmarks: { kind: "rest" }, targets: list("B") });
    expect([...plan.landmark]).toEqual([1, 0, 1]);
    expect([...plan.target]).toEqual([0, 1, 0]);
  });
  it("keep their metadata", () => {
    const input = axes("one", [["A", "B", "C"], ["s1"]], { genes: { chromosome: ["1", "2", "3"] } });
    const plan = planDataset([input], { ...choices, landmarks: list("A"), targets: list("C") });
    expect(plan.genes.fields.get("chromosome")).toEqual(["1", "3"]);
  });
  it("are those that every cohort has, in the first one's order, and the loss is told", () => {
    const other = axes("other", [["C", "X", "A", "Y"], ["t1"]]);
    const plan = planDataset([one, other], { ...choices, landmarks: list("C"), targets: list("A") });
    expect(plan.genes.ids).toEqual(["A", "C"]);
    expect([...(plan.cohorts[1]?.picks.columns ?? [])]).toEqual([2, 0]);
    expect(plan.warnings).toEqual([
      "1 gene of one not in every cohort: left out",
      "2 genes of other not in every cohort: left out",
    ]);
  });
  it("are refused where the cohorts share none", () => {
    expect(() => planDataset([one, axes("other", [["X"], ["t1"]])], choices)).toThrow(
      /no gene in common.*one.gctx has A, B, C; other.gctx has X/,
    );
  });
  it("are refused where no landmark or target is selected, with what was not found", () => {
    expect(() => planDataset([one], { ...choices, landmarks: list("Q") })).toThrow(
      /--landmarks .*got 3 genes such as A, B, C\): x.grp: 1 of 1 entries not found: Q/,
    );
    expect(() => planDataset([one], { ...choices, landmarks: list("A", "B", "C") })).toThrow(/--targets/);
    expect(() => planDataset([one], { ...choices, landmarks: { kind: "rest" } })).toThrow(/both rest/);
  });
});

describe("targets that are landmarks too", () => {
  it("are counted and named, the first of them, for scores over all targets gain by them", () => {
    const names = ["A", "B", "C", "D", "E", "F"];
    const cohort = axes("one", [[...names, "G"], ["s1"]]);
    const of = (...targets: string[]) =>
      planDataset([cohort], { ...choices, landmarks: list(...names), targets: list(...targets) });
    const flattered = "targets are landmarks too, which flatters scores over all targets";
    expect(of("C", "G").warnings).toEqual([`1 of 2 ${flattered}: C`]);
    expect(of(...names, "G").warnings).toEqual([`6 of 7 ${flattered}: A, B, C, D, E, …`]);
    expect(of(...names, "G").overlap).toEqual(names);
    expect(of("G").warnings).toEqual([]);
  });
  it("are refused where they are all that there is: no gene is left to infer", () => {
    expect(() => planDataset([one], { ...choices, targets: list("C", "A") })).toThrow(
      /every target is a landmark too.*got 2 targets: A, C\)\. Choose other --targets/,
    );
  });
  it("may be all that there is where they are other probes, which the warning says", () => {
    const gene = (probe: string) => ({ id: "A", symbol: "A", ensembl: "", entrez: "", probes: [probe] });
    const arrays = axes("one", [["200001_at", "200002_at"], ["s1"]]);
    const plan = planDataset([arrays], {
      ...choices,
      landmarks: { kind: "meta", field: "lf_landmark" },
      targets: { kind: "meta", field: "lf_target" },
      space: geneSpace({ landmarks: [gene("200001_at")], targets: [gene("200002_at")], further: [] }),
    });
    expect(plan.warnings).toEqual([
      "all targets (1) are landmarks too: no score will be of a gene that a model is not given: A|target",
    ]);
  });
});

describe("repeated genes", () => {
  const repeated = axes("one", [["A", "B", "A", "C", "B", "D"], ["s1"]]);
  it("are refused by name, but only among the genes in use", () => {
    expect(() => planDataset([repeated], { ...choices, landmarks: list("A") })).toThrow(
      /one.gctx: several rows for each of 2 genes in use .*A; B.*--duplicates/,
    );
    expect(planDataset([repeated], { ...choices, landmarks: list("C"), targets: list("D") }).mergedRows).toBe(0);
  });
  it("are merged where asked for", () => {
    const plan = planDataset([repeated], { ...choices, duplicates: "mean" });
    expect(plan.genes.ids).toEqual(["A", "B", "C", "D"]);
    expect(plan.mergedRows).toBe(2);
    expect([...(plan.cohorts[0]?.picks.offsets ?? [])]).toEqual([0, 2, 4, 5, 6]);
  });
});

describe("samples of a dataset", () => {
  it("are those of all cohorts one after the other, a metadata column that a cohort lacks being missing", () => {
    const first = axes(
      "a",
      [
        ["A", "B"],
        ["s1", "s2"],
      ],
      { samples: { age: Float64Array.of(1, 2), sex: ["m", "f"] } },
    );
    const second = axes("b", [["A", "B"], ["t1"]], { samples: { site: Float64Array.of(9), sex: Float64Array.of(0) } });
    const { samples, cohorts } = planDataset([first, second], { ...choices, landmarks: list("A") });
    expect(samples.ids).toEqual(["s1", "s2", "t1"]);
    expect(samples.fields.get("age")).toEqual(Float64Array.of(1, 2, Number.NaN));
    expect(samples.fields.get("site")).toEqual(Float64Array.of(Number.NaN, Number.NaN, 9));
    expect(samples.fields.get("sex")).toEqual(["m", "f", "0"]);
    expect(samples.fields.get("lf_cohort")).toEqual(["a", "a", "b"]);
    expect(cohorts.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });
  it("are refused where one occurs twice", () => {
    const other = axes("other", [
      ["A", "B", "C"],
      ["s2", "s3"],
    ]);
    expect(() => planDataset([one, other], choices)).toThrow(/1 sample id in several places.*s2/);
  });
  it("carry the split, without columns of an earlier dataset", () => {
    const input = axes(
      "one",
      [
        ["A", "B"],
        ["s1", "s2"],
      ],
      {
        samples: { lf_fold: Float64Array.of(7, 7), lf_group: ["x", "y"] },
      },
    );
    const { samples, groups } = planDataset([input], { ...choices, landmarks: list("A") });
    expect(samples.fields.get("lf_split")).toEqual(["train", "train"]);
    expect([...samples.fields.keys()].toSorted()).toEqual(["lf_cohort", "lf_split"]);
    expect(groups).toBeUndefined();
  });
});

describe("splits by a metadata column", () => {
  const samples = ["s1", "s2", "s3", "s4", "s5", "s6"];
  const by = (column: MetaColumn) => axes("one", [["A", "B"], samples], { samples: { study: column } });
  const byStudy: DatasetChoices = {
    ...choices,
    landmarks: list("A"),
    split: { kind: "group", field: "study", fractions: [0.4, 0.3, 0.3], seed: 1 },
  };
  it("keep the groups in lf_group, numbers as text", () => {
    const { samples: axis, groups } = planDataset([by(Float64Array.of(1, 2, 3, 1, 2, 3))], byStudy);
    expect(axis.fields.get("lf_group")).toEqual(["1", "2", "3", "1", "2", "3"]);
    expect(groups).toEqual({ train: 1, validation: 1, test: 1 });
  });
  it("keep the folds in lf_fold", () => {
    const split = { kind: "kfold", folds: 3, field: "study", testFold: 0, seed: 1 } as const;
    const plan = planDataset([by(["a", "b", "c", "a", "b", "c"])], { ...byStudy, split });
    const folds = [...(plan.samples.fields.get("lf_fold") ?? [])];
    expect(new Set(folds)).toEqual(new Set([0, 1, 2]));
    expect(folds[0]).toBe(folds[3]);
  });
  it("may go by the cohort itself", () => {
    const split: SplitRecipe = { kind: "group", field: "lf_cohort", fractions: [0.5, 0, 0.5], seed: 1 };
    const other = axes("other", [
      ["A", "B"],
      ["t1", "t2"],
    ]);
    const plan = planDataset(
      [
        axes("one", [
          ["A", "B"],
          ["s1", "s2"],
        ]),
        other,
      ],
      { ...byStudy, split },
    );
    expect(plan.groups).toEqual({ train: 1, validation: 0, test: 1 });
  });
  it("are refused where the column is not there, or a sample has no value in it", () => {
    expect(() => planDataset([one], { ...byStudy, landmarks: list("A") })).toThrow(/"study" to split by/);
    expect(() => planDataset([by(["a", "", "c", "a", "", "c"])], byStudy)).toThrow(
      /no value in "study" for 2 of 6 samples.*s2; s5/,
    );
  });
});
