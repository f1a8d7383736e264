import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mangledGenes, mangledIds } from "../../../data/genes/mangled.ts";
import { knownGene, referenceOf } from "./support/reference.ts";

describe("mangled ids", () => {
  it("are dates in all the ways in which spreadsheets write them, and numbers in scientific notation", () => {
    const dates = ["1-Mar", "2-Sep", "MAR-01", "Sept-7", "2001-03-01", "2001-03-01 00:00:00", "3/1/2001"];
    const mangled = [...dates, "1.00E+04", "2.31E+13"];
    expect(mangledIds(["TP53", ...mangled, "MARCH1", "SEPT2", "DEC1"])).toEqual(mangled);
  });
  it("are dates' serial numbers among symbols, but not among Entrez ids", () => {
    expect(mangledIds(["TP53", "EGFR", "MYC", "43891"])).toEqual(["43891"]);
    expect(mangledIds(["5720", "43891", "40000"])).toEqual([]);
  });
  it("are no names of real genes", () => {
    const symbol = fc
      .stringMatching(/^[A-Z][A-Z0-9]{1,6}(-[A-Z0-9]{1,3})?$/)
      .filter((name) => !/^[A-Z]{3,4}-\d/.test(name));
    fc.assert(fc.property(symbol, (name) => mangledIds(["TP53", "EGFR", name]).length === 0));
  });
});

describe("the genes of a mangled id", () => {
  const reference = referenceOf([
    knownGene("55016", "MARCHF1", { previous: ["MARCH1"] }),
    knownGene("64757", "MTARC1", { previous: ["MOSC1", "MARC1"] }),
    knownGene("4735", "SEPTIN2", { previous: ["SEPT2", "NEDD5"] }),
    knownGene("9403", "SELENOF", { previous: ["SEP15"] }),
    knownGene("10000", "AKT3"),
  ]);
  const genesOf = (id: string, taken: readonly string[] = []): string[] =>
    mangledGenes(id, reference, ({ symbol }) => taken.includes(symbol)).map(({ symbol }) => symbol);

  it.each([
    ["1-Mar", ["MARCHF1", "MTARC1"]],
    ["Mar-01", ["MARCHF1", "MTARC1"]],
    ["2-Sep", ["SEPTIN2"]],
    ["Sept-2", ["SEPTIN2"]],
    ["15-Sep", ["SELENOF"]],
    ["2020-09-02", ["SEPTIN2"]],
    ["2020-09-02 00:00:00", ["SEPTIN2"]],
    ["9/2/2020", ["SEPTIN2"]],
    ["2/9/2020", ["SEPTIN2"]],
    ["43891", ["MARCHF1", "MTARC1"]], // 1 March 2020, as Excel counts days
    ["44076", ["SEPTIN2"]], // 2 September 2020
    ["1.00E+04", ["AKT3"]],
    ["7-May", []],
    ["9-Sep", []],
    ["2.31E+13", []],
  ])("%s are %j", (id, symbols) => {
    expect(genesOf(id)).toEqual(symbols);
  });
  it("are fewer where the file has one under its own name", () => {
    expect(genesOf("1-Mar", ["MTARC1"])).toEqual(["MARCHF1"]);
  });
});
