import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planSplit, splitNames } from "../../../data/dataset/split.ts";
import { splitSamples } from "../../../data/dataset/split-samples.ts";
import type { Axis } from "../../../data/source.ts";
import type { SplitRecipe } from "../../../schemas/index.ts";

/** Samples of cohorts, ten of each, whose groups are three in turn. */
function joined(cohorts: readonly string[], groupOf = (cohort: string, i: number) => `${cohort}${i % 3}`): Axis {
  const ids = cohorts.flatMap((cohort) => Array.from({ length: 10 }, (_, i) => `${cohort}-${i}`));
  const cohort = cohorts.flatMap((name) => Array.from({ length: 10 }, () => name));
  const study = cohorts.flatMap((name) => Array.from({ length: 10 }, (_, i) => groupOf(name, i)));
  return {
    ids,
    fields: new Map([
      ["lf_cohort", cohort],
      ["study", study],
    ]),
  };
}
const random: SplitRecipe = { kind: "random", fractions: [0.8, 0.1, 0.1], seed: 3 };
const splitsOf = (samples: Axis, cohort: string): string[] =>
  samples.ids.flatMap((id, i) => (id.startsWith(`${cohort}-`) ? [String(samples.fields.get("lf_split")?.[i])] : []));

describe("cohorts given whole to a split", () => {
  const assigned = { kg: "validation", gtex: "test" } as const;
  it("are in it, and the others are divided as if they were alone", () => {
    const { samples } = splitSamples(joined(["geo", "kg", "gtex"]), { ...random, assigned });
    expect(new Set(splitsOf(samples, "kg"))).toEqual(new Set(["validation"]));
    expect(new Set(splitsOf(samples, "gtex"))).toEqual(new Set(["test"]));
    const alone = planSplit(random, { count: 10 }).codes;
    expect(splitsOf(samples, "geo")).toEqual(Array.from(alone, (code) => splitNames[code]));
  });
  it("do not change the division of the others, wherever they stand (property)", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(["geo", "kg", "gtex"], { minLength: 3 }), (order) => {
        const { samples } = splitSamples(joined(order), { ...random, assigned });
        const alone = splitSamples(joined(["geo"]), random);
        expect(splitsOf(samples, "geo")).toEqual(splitsOf(alone.samples, "geo"));
      }),
    );
  });
  it("have no fold, and need no group", () => {
    const kfold: SplitRecipe = { kind: "kfold", folds: 3, field: "study", testFold: 0, seed: 1, assigned };
    const axis = joined(["geo", "kg", "gtex"], (cohort, i) => (cohort === "geo" ? `S${i % 3}` : ""));
    const { samples, groups } = splitSamples(axis, kfold);
    const folds = samples.fields.get("lf_fold");
    expect(Array.from(folds ?? [], Number).map(Number.isNaN)).toEqual(samples.ids.map((id) => !id.startsWith("geo")));
    expect(groups).toEqual({ train: 1, validation: 1, test: 1 });
  });
  it("may be all there is, as long as one is for training", () => {
    const all = { geo: "train", kg: "validation", gtex: "test" } as const;
    const { split } = splitSamples(joined(["geo", "kg", "gtex"]), { ...random, assigned: all });
    expect([...split.codes]).toEqual([...Array(10).fill(0), ...Array(10).fill(1), ...Array(10).fill(2)]);
    const none = { ...random, assigned: { ...all, geo: "test" } } as const;
    expect(() => splitSamples(joined(["geo", "kg", "gtex"]), none)).toThrow(/no sample is left to train on/);
  });
  it("that share a group with divided samples are told", () => {
    const axis = joined(["geo", "kg"], (_, i) => `S${i % 3}`);
    const grouped: SplitRecipe = {
      kind: "group",
      field: "study",
      fractions: [1, 0, 0],
      seed: 1,
      assigned: { kg: "test" },
    };
    expect(splitSamples(axis, grouped).warnings).toEqual([
      "3 groups in several splits because of --assign: S0, S1, S2",
    ]);
  });
  it("must be there", () => {
    const recipe: SplitRecipe = { ...random, assigned: { gtx: "test" } };
    expect(() => splitSamples(joined(["geo", "gtex"]), recipe)).toThrow(/not there \(expected geo, gtex, got gtx\)/);
  });
});

it("one group cannot be divided", () => {
  const grouped: SplitRecipe = { kind: "group", field: "study", fractions: [0.8, 0.1, 0.1], seed: 1 };
  expect(() =>
    splitSamples(
      joined(["geo"], () => "S"),
      grouped,
    ),
  ).toThrow(/too few groups in study to split/);
});
