import { describe, expect, it } from "vitest";
import { type GeneSelection, parseGrp, parseSelection, selectGenes } from "../../../data/dataset/selection.ts";
import { geneKeys } from "../../../data/genes/keys.ts";
import type { Axis } from "../../../data/source.ts";

const genes: Axis = {
  ids: ["p1_at", "p2_at", "p3_at", "p4_at"],
  fields: new Map<string, readonly string[] | Float64Array>([
    ["pr_gene_symbol", ["TP53", "MYC", "MYC", ""]],
    ["pr_gene_id", ["7157", "4609", "4609", ""]],
    ["ensembl", ["ENSG00000141510.17", "", "", "ENSG00000000003"]],
    ["use", Float64Array.of(1, 0, Number.NaN, 1)],
    ["flag", ["true", "1", "yes", "TRUE"]],
    ["space", ["landmark", "inferred", "landmark", ""]],
  ]),
};
const select = (selection: GeneSelection, axis = genes) => selectGenes(selection, axis, geneKeys(axis));
const list = (...entries: string[]): GeneSelection => ({ kind: "list", label: "x.grp", entries });

describe("selection grammar", () => {
  it("reads l1000, rest, fields with and without value, and paths", () => {
    expect(parseSelection("l1000")).toEqual({ kind: "l1000" });
    expect(parseSelection("rest")).toEqual({ kind: "rest" });
    expect(parseSelection("meta:use")).toEqual({ kind: "meta", field: "use" });
    expect(parseSelection("meta:use=a=b")).toEqual({ kind: "meta", field: "use", value: "a=b" });
    expect(parseSelection("meta:use=")).toEqual({ kind: "meta", field: "use", value: "" });
    expect(parseSelection("dir/list.grp")).toEqual({ kind: "file", path: "dir/list.grp" });
  });
  it.each(["", "meta:", "meta:=1"])("refuses %j as a usage error", (text) => {
    expect(() => parseSelection(text)).toThrow(expect.objectContaining({ tag: "usage" }));
  });
});

describe("gene lists", () => {
  it("are one gene a line; comments, blanks, further columns, repeats and line ends do not matter", () => {
    expect(parseGrp("\uFEFF# landmarks\r\nTP53\tENSG\r\n\r\n MYC \nTP53")).toEqual(["TP53", "MYC"]);
  });
  it("match row ids, symbols in any case, Entrez ids, and Ensembl ids in any version", () => {
    expect([...select(list("p4_at")).flags]).toEqual([0, 0, 0, 1]);
    expect([...select(list("tp53")).flags]).toEqual([1, 0, 0, 0]);
    expect([...select(list("7157")).flags]).toEqual([1, 0, 0, 0]);
    expect([...select(list("ENSG00000141510")).flags]).toEqual([1, 0, 0, 0]);
    expect([...select(list("ENSG00000000003.5")).flags]).toEqual([0, 0, 0, 1]);
  });
  it("report entries that no gene, or more than one gene, answers to", () => {
    expect(select(list("MYC", "nobody"))).toEqual({
      flags: Uint8Array.of(0, 1, 1, 0),
      notFound: ["nobody"],
      several: ["MYC"],
    });
  });
});

describe("metadata fields", () => {
  it("count 1 and true without a value", () => {
    expect([...select({ kind: "meta", field: "use" }).flags]).toEqual([1, 0, 0, 1]);
    expect([...select({ kind: "meta", field: "flag" }).flags]).toEqual([1, 1, 0, 1]);
  });
  it("count cells equal to the value, numbers by their value", () => {
    expect([...select({ kind: "meta", field: "space", value: "landmark" }).flags]).toEqual([1, 0, 1, 0]);
    expect([...select({ kind: "meta", field: "use", value: "0" }).flags]).toEqual([0, 1, 0, 0]);
    expect([...select({ kind: "meta", field: "use", value: "" }).flags]).toEqual([0, 0, 0, 0]);
  });
  it("that do not exist are a usage error that lists those that do", () => {
    expect(() => select({ kind: "meta", field: "nope" })).toThrow(/"nope" .*columns pr_gene_symbol, pr_gene_id/);
  });
});

describe("l1000", () => {
  it.each([
    ["pr_is_lmark", ["Y", "N"]],
    ["is_lm", ["True", "False"]],
    ["pr_is_lm", Float64Array.of(1, 0)],
    ["l1000_space", ["landmark", "best_inferred"]],
  ] as const)("reads the column %s", (field, column) => {
    const axis: Axis = { ids: ["A1", "B2"], fields: new Map([[field, column]]) };
    expect([...select({ kind: "l1000" }, axis).flags]).toEqual([1, 0]);
  });
  it("without such a column is a usage error that asks for a gene list", () => {
    expect(() => select({ kind: "l1000" })).toThrow(expect.objectContaining({ tag: "usage" }));
    expect(() => select({ kind: "l1000" })).toThrow(/--landmarks FILE.grp/);
  });
});
