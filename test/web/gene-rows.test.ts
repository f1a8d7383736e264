import { describe, expect, it } from "vitest";
import type { Axis, MetaColumn } from "../../data/source.ts";
import { findGenes, geneRows } from "../../web/page/gene-rows.ts";
import { runRecord } from "../export/support/run.ts";

const { transform } = runRecord({ landmarks: 2, targets: 3 });
const manifest = { transform, landmarks: 2 };
/** Two landmarks (the second not in the input), one further measured gene, three targets. */
const genes: Axis = {
  ids: ["L1", "L2", "EXTRA", "TP53", "L1|target", "ENSG9"],
  fields: new Map<string, MetaColumn>([
    ["pr_gene_symbol", ["L1", "L2", "", "TP53", "", "WTP53A"]],
    ["pr_gene_id", ["11", "12", "", "7157", "11", "9"]],
    ["pr_is_lmark", ["Y", "N", "Y", "N", "N", "N"]],
    ["lf_reliability", ["", "", "", "high", "low", "medium"]],
    ["lf_halfwidth90", Float64Array.from([Number.NaN, Number.NaN, Number.NaN, 1, 2, 3])],
  ]),
};

describe("the genes of the table", () => {
  it("have their own training moments; a gene that the model does not know has none", () => {
    const rows = geneRows(genes, manifest, false);
    expect(rows.map(({ mean }) => mean)).toEqual([...transform.landmarks.mean, Number.NaN, ...transform.targets.mean]);
  });

  it("in z scores are around 0, measured ones apart", () => {
    const rows = geneRows(genes, manifest, true);
    expect(rows.map(({ sd }) => sd)).toEqual([transform.landmarks.sd[0], 1, Number.NaN, 1, 1, 1]);
  });

  it("are called by symbol, else by id", () => {
    expect(geneRows(genes, manifest, false).map(({ name }) => name)).toEqual([
      "L1",
      "L2",
      "EXTRA",
      "TP53",
      "L1",
      "WTP53A",
    ]);
  });
});

describe("finding genes", () => {
  const rows = geneRows(genes, manifest, false);
  const found = (text: string, kind: "all" | "measured" | "inferred" = "all") =>
    findGenes(rows, { text, kind }).map(({ id }) => id);

  it.each([
    ["tp53", ["TP53", "ENSG9"]],
    [" L1 ", ["L1", "L1|target"]],
    ["7157", ["TP53"]],
    ["ensg", ["ENSG9"]],
    ["nothing like it", []],
  ])("by %j", (text, ids) => {
    expect(found(text)).toEqual(ids);
  });

  it("by origin", () => {
    expect(found("", "measured")).toEqual(["L1", "EXTRA"]);
    expect(found("", "inferred")).toEqual(["L2", "TP53", "L1|target", "ENSG9"]);
  });
});
