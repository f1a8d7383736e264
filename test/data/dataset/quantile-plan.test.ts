import { describe, expect, it } from "vitest";
import { planDataset } from "../../../data/dataset/plan.ts";
import { parseRanks, planQuantile } from "../../../data/dataset/quantile-plan.ts";
import { leakWarnings } from "../../../data/dataset/warnings.ts";
import type { SplitRecipe } from "../../../schemas/index.ts";

const cohort = (name: string, ids: readonly string[]) => ({
  cohort: name,
  label: `${name}.tsv`,
  genes: { ids, fields: new Map() },
  samples: { ids: Array.from({ length: 10 }, (_, i) => `${name}${i}`), fields: new Map() },
});

/** Arrays of probes, RNA-seq of genes, joined by a map. */
function plan(assigned: SplitRecipe["assigned"] = {}) {
  const space = ["1", "2"].map((n) => ({
    id: `ENSG0000000000${n}`,
    row: `ENSG0000000000${n}`,
    symbol: "",
    ensembl: `ENSG0000000000${n}`,
    entrez: "",
    probes: [`20000${n}_at`],
    landmark: n === "1" ? (1 as const) : (0 as const),
    target: n === "2" ? (1 as const) : (0 as const),
  }));
  const genes = ["ENSG00000000001.4", "ENSG00000000002.1"];
  return planDataset([cohort("geo", ["200002_at", "200001_at"]), cohort("gtex", genes), cohort("kg", genes)], {
    landmarks: { kind: "meta", field: "lf_landmark" },
    targets: { kind: "meta", field: "lf_target" },
    split: { kind: "random", fractions: [0.8, 0.1, 0.1], seed: 1, assigned },
    duplicates: "error",
    space,
  });
}

describe("a quantile normalisation", () => {
  it("takes the first cohort's training rows for its reference, average ranks of arrays, dense ones of RNA-seq", () => {
    expect(planQuantile({}, plan(), "train")).toEqual({
      cohort: "geo",
      rows: "train",
      ranks: { geo: "average", gtex: "dense", kg: "dense" },
    });
  });
  it("takes average ranks of the reference whatever it is, and what the user says of the others", () => {
    const request = { cohort: "gtex", ranks: { kg: "average" } } as const;
    expect(planQuantile(request, plan(), "all")).toEqual({
      cohort: "gtex",
      rows: "all",
      ranks: { geo: "average", gtex: "average", kg: "average" },
    });
  });
  it("needs training rows of the reference, unless test rows may be seen", () => {
    const held = plan({ gtex: "test" });
    expect(() => planQuantile({ cohort: "gtex" }, held, "train")).toThrow(/gtex has no training rows/);
    expect(planQuantile({ cohort: "gtex" }, held, "cohort").rows).toBe("all");
  });
  it("has seen test rows where all rows of a cohort that has some make it, and that is told", () => {
    const told = (part: "validation" | "test", fittedOn: "train" | "all") => {
      const held = plan({ gtex: part, geo: "train" });
      const quantile = planQuantile({ cohort: fittedOn === "train" ? "geo" : "gtex" }, held, fittedOn);
      const warnings = leakWarnings(fittedOn, { plan: held, quantile });
      return warnings.filter((warning) => warning.startsWith("the quantile reference"));
    };
    expect(told("test", "all")).toEqual(["the quantile reference is of all rows of gtex: it has seen test rows"]);
    expect(told("validation", "all")).toEqual([]);
    expect(told("test", "train")).toEqual([]);
  });
  it("refuses cohorts that are not there", () => {
    expect(() => planQuantile({ cohort: "x" }, plan(), "train")).toThrow(/expected geo, gtex, kg, got x/);
    expect(() => planQuantile({ ranks: { y: "dense" } }, plan(), "train")).toThrow(/got y/);
  });
  it("reads rules as they are written", () => {
    expect(parseRanks(["a=b=dense", "geo=average"])).toEqual({ "a=b": "dense", geo: "average" });
    expect(() => parseRanks(["geo=average", "gtex", "kg=min"])).toThrow(/gtex; kg=min/);
  });
});
