import { describe, expect, it } from "vitest";
import { geneKeys } from "../../../data/genes/keys.ts";
import type { MetaColumn } from "../../../data/source.ts";

const axis = (ids: readonly string[], fields: Record<string, MetaColumn> = {}) => ({
  ids,
  fields: new Map(Object.entries(fields)),
});

describe("gene keys", () => {
  it("come from the columns of a CMap file, and say which", () => {
    const keys = geneKeys(
      axis(["200814_at", "222103_at"], {
        pr_gene_id: ["5720", "466"],
        pr_gene_symbol: ["PSME1", "ATF1"],
        pr_gene_title: ["title", "title"],
      }),
    );
    expect(keys).toMatchObject({ idType: "affy", entrez: ["5720", "466"], symbol: ["PSME1", "ATF1"] });
    expect(keys.ensembl).toEqual(["", ""]);
    expect(keys.columns).toEqual([
      { field: "pr_gene_id", kind: "entrez" },
      { field: "pr_gene_symbol", kind: "symbol" },
    ]);
  });
  it("know columns whatever the case and the separator of their names", () => {
    const keys = geneKeys(
      axis(["x 1"], { "Gene Symbol": ["TP53"], ENTREZID: ["7157"], "Ensembl.ID": ["ENSG00000141510.2"] }),
    );
    expect(keys).toMatchObject({ entrez: ["7157"], ensembl: ["ENSG00000141510"], symbol: ["TP53"] });
  });
  it.each([
    ["entrez", ["7157", "1956"]],
    ["ensembl", ["ENSG00000141510", "ENSG00000146648"]],
    ["symbol", ["TP53", "EGFR"]],
  ] as const)("of a column gene_id are %s where its values are", (kind, values) => {
    expect(geneKeys(axis(["p1 x", "p2 x"], { gene_id: values }))[kind]).toEqual(values);
  });
  it("are the row ids where no column knows better, gene by gene", () => {
    const keys = geneKeys(axis(["TP53", "EGFR"], { symbol: ["", "ERBB1"] }));
    expect(keys.symbol).toEqual(["TP53", "ERBB1"]);
    expect(geneKeys(axis(["5720", "466"])).entrez).toEqual(["5720", "466"]);
    expect(geneKeys(axis(["ENSG00000141510.17"])).ensembl).toEqual(["ENSG00000141510"]);
  });
  it("are not made of columns that merely have a strange name", () => {
    expect(geneKeys(axis(["TP53"], { constructor: ["1"], toString: ["2"] })).columns).toEqual([]);
  });
  it("are not probes or loci", () => {
    expect(geneKeys(axis(["200814_at", "TP53"]))).toMatchObject({ idType: "other", symbol: ["", ""] });
  });
  it("leave out what files write for missing, and read numbers as integers", () => {
    expect(geneKeys(axis(["a b", "c d", "e f"], { pr_gene_id: ["0", "-666", "780.0"] })).entrez).toEqual([
      "",
      "",
      "780",
    ]);
    expect(geneKeys(axis(["a b", "c d", "e f"], { entrez: Float64Array.of(Number.NaN, -666, 780) })).entrez).toEqual([
      "",
      "",
      "780",
    ]);
    expect(geneKeys(axis(["a b", "c d", "e f"], { symbol: ["NA", "---", " TP53 "] })).symbol).toEqual(["", "", "TP53"]);
  });
});
