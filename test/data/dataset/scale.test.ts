import { describe, expect, it } from "vitest";
import { type CohortScale, decideScale } from "../../../data/dataset/scale.ts";
import type { Scale } from "../../../schemas/index.ts";

const looking = (scale: Scale, cohort = "c", level?: number): CohortScale => ({
  cohort,
  scale,
  evidence: ["a fact"],
  ...(level === undefined ? {} : { level }),
});

describe("scale of a dataset", () => {
  it("is what the values look like, with the L1000 level that all cohorts share", () => {
    expect(decideScale([looking("log2", "a", 3), looking("log2", "b", 3)], {})).toEqual({
      scale: "log2",
      level: 3,
      warnings: [],
    });
    expect(decideScale([looking("log2", "a", 3), looking("log2", "b")], {})).toEqual({ scale: "log2", warnings: [] });
  });
  it("is log2 of linear values after --log2, which have no L1000 level", () => {
    expect(decideScale([looking("linear", "c", 2)], { log2: 0 })).toEqual({ scale: "log2", warnings: [] });
  });
  it("is what the user states, with a warning where the values look otherwise", () => {
    expect(decideScale([looking("log2")], { scale: "log2" }).warnings).toEqual([]);
    expect(decideScale([looking("zscore")], { scale: "log2fc" })).toEqual({
      scale: "log2fc",
      warnings: ["log2fc is stated, but c looks like zscore (a fact)"],
    });
    expect(decideScale([looking("counts")], { scale: "log2", log2: 0 }).warnings).toHaveLength(1);
  });
  it("is the reference cohort's where all are mapped onto its quantiles", () => {
    const cohorts = [looking("log2", "geo", 3), looking("linear", "gtex")];
    expect(decideScale(cohorts, { reference: "geo" })).toEqual({ scale: "log2", level: 3, warnings: [] });
    expect(decideScale(cohorts, { reference: "gtex", log2: 1, log2Cohorts: ["gtex"] }).scale).toBe("log2");
    expect(() => decideScale([looking("log2", "geo"), looking("zscore", "z")], { reference: "geo" })).toThrow(
      /not on one scale.*Ranks do not bring z-scores/,
    );
    expect(() => decideScale([looking("log2", "geo"), looking("counts", "c")], { reference: "geo" })).toThrow(/depth/);
  });
  it("may be that of some cohorts by nature and of the others after --log2", () => {
    const cohorts = [looking("log2", "geo"), looking("linear", "gtex")];
    expect(decideScale(cohorts, { log2: 1, log2Cohorts: ["gtex"] })).toEqual({ scale: "log2", warnings: [] });
    expect(() => decideScale(cohorts, { log2: 1 })).toThrow(/geo looks like log2.*--log2-cohorts/);
    expect(() => decideScale(cohorts, {})).toThrow(/not on one scale.*--quantile/);
  });
  it("is refused where logarithms would be taken twice", () => {
    expect(() => decideScale([looking("log2")], { log2: 0 })).toThrow(
      expect.objectContaining({ tag: "scale-mismatch" }),
    );
    expect(() => decideScale([looking("log2")], { log2: 0 })).toThrow(/--log2 is for linear values.*looks like log2/);
  });
  it("is refused where it is counts, logged or not, and says what to do", () => {
    for (const log2 of [undefined, 0, 1])
      expect(() => decideScale([looking("counts")], { log2 })).toThrow(/sequencing depth.*TPM, FPKM or CPM/);
    expect(() => decideScale([looking("log2")], { scale: "counts" })).toThrow(
      expect.objectContaining({ tag: "usage" }),
    );
  });
  it("is refused where the cohorts differ", () => {
    expect(() => decideScale([looking("log2", "a"), looking("linear", "b")], {})).toThrow(
      /not on one scale: a looks like log2 \(a fact\); b looks like linear/,
    );
  });
});
