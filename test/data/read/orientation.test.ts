import { expect, test } from "vitest";
import { detectOrientation } from "../../../data/read/orientation.ts";
import { openText, rowsOf } from "./memory-source.ts";

const verdict = (corner: string, rowIds: string[], columnIds: string[]) =>
  detectOrientation({ label: "m.tsv", corner, rowIds, columnIds });

test("the id column's header decides first", () => {
  expect(verdict("gene_id", ["a", "b"], ["c", "d"])).toEqual({ rows: "genes" });
  expect(verdict("Hugo_Symbol", ["a"], ["c", "d"])).toEqual({ rows: "genes" });
  expect(verdict("sample", ["TP53", "MYC"], ["c", "d"])).toEqual({ rows: "samples" });
  expect(verdict("Patient ID", ["a"], ["c", "d"])).toEqual({ rows: "samples" });
});

test.each([
  ["probe sets", ["1007_s_at", "1053_at", "AFFX-BioB-5_at"]],
  ["Ensembl genes", ["ENSG00000141510.17", "ENSG00000075624", "ENSMUSG00000059552"]],
  ["locus tags", ["Rv0001", "Rv3924c", "RV1984a"]],
  ["symbols", ["TP53", "GAPDH", "HLA-A", "C1orf112"]],
])("%s in rows or in columns are the genes", (_, genes) => {
  const samples = ["patient one", "patient two", "patient three", "patient four", "patient five"];
  expect(verdict("", genes, samples)).toEqual({ rows: "genes" });
  expect(verdict("", samples, genes)).toEqual({ rows: "samples" });
});

test.each([
  ["GEO accessions", ["GSM1", "GSM2"]],
  ["runs", ["SRX3995807", "ERR12345"]],
  ["barcodes", ["TCGA-CU-A0YN-11A", "GTEX-WI4N-2426-SM"]],
  ["wells", ["LJP009_A375_24H_X1_B20:A03", "LJP009_A375_24H_X1_B20:P24"]],
])("%s are samples even beside symbols", (_, samples) => {
  expect(verdict("", samples, ["TP53", "GAPDH", "MYC"])).toEqual({ rows: "samples" });
  expect(verdict("id", ["TP53", "GAPDH", "MYC"], samples)).toEqual({ rows: "genes" });
});

test("numbered names are no symbols", () => {
  const numbered = Array.from({ length: 40 }, (_, i) => `PT${i}`);
  expect(verdict("", ["TP53", "GAPDH", "MYC"], numbered)).toEqual({ rows: "genes" });
});

test("where names say nothing the longer axis is the genes', with a warning", () => {
  expect(verdict("", ["x", "y", "z"], ["p", "q"])).toEqual({
    rows: "genes",
    warning: "rows were taken to be genes because genes are the longer axis; --orientation decides otherwise",
  });
  expect(verdict("", ["x", "y"], ["p", "q", "r"]).rows).toBe("samples");
});

test("a square table that says nothing is refused with the way out", () => {
  expect(() => verdict("", ["x", "y"], ["p", "q"])).toThrow(/cannot tell whether rows .*--orientation samples/);
});

test("the caller's orientation wins over everything", async () => {
  const text = "gene\tTP53\tMYC\nA\t1\t2\nB\t3\t4\nC\t5\t6\n";
  const source = await openText("m.tsv", text, { orientation: "samples" });
  expect(source.samples.ids).toEqual(["A", "B", "C"]);
  expect(await rowsOf(source)).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});
