import { describe, expect, it } from "vitest";
import { reportGenes } from "../../../data/genes/gene-report.ts";
import { knownGene, referenceOf } from "./support/reference.ts";

const reference = referenceOf([
  knownGene("23670", "CEMIP2", { previous: ["TMEM2"], space: "landmark", probes: ["218113_at"] }),
  knownGene("9868", "TOMM70", { previous: ["TOMM70A"], aliases: ["SHARED"], space: "landmark" }),
  knownGene("7157", "TP53", { ensembl: "ENSG00000141510", aliases: ["p53", "SHARED"], space: "inferred" }),
  knownGene("55016", "MARCHF1", { previous: ["MARCH1"] }),
  knownGene("64757", "MTARC1", { previous: ["MARC1"] }),
]);
const none = { count: 0, first: [] };

describe("the report of a file's genes", () => {
  it("counts them by identifier, and names stale, ambiguous, mangled and unknown ones with the right one", () => {
    const ids = ["TMEM2", "SHARED", "p53", "MARC1", "1-Mar", "TMOM70", "NOBODYSGENE"];
    expect(reportGenes({ ids, fields: new Map() }, reference)).toEqual({
      known: 3,
      by: { entrez: 0, ensembl: 0, symbol: 0, previous: 2, alias: 1, probe: 0 },
      landmarks: 1,
      allLandmarks: 2,
      stale: {
        count: 3,
        first: [
          { name: "TMEM2", symbols: ["CEMIP2"] },
          { name: "p53", symbols: ["TP53"] },
          { name: "MARC1", symbols: ["MTARC1"] },
        ],
      },
      ambiguous: { count: 1, first: [{ name: "SHARED", symbols: ["TOMM70", "TP53"] }] },
      mangled: { count: 1, first: [{ name: "1-Mar", symbols: ["MARCHF1"] }] },
      unmatched: {
        count: 2,
        first: [
          { name: "TMOM70", symbols: ["TOMM70"] },
          { name: "NOBODYSGENE", symbols: [] },
        ],
      },
    });
  });
  it("trusts an Entrez id more than a symbol, whose being stale it tells all the same", () => {
    const fields = new Map([
      ["pr_gene_id", ["23670", "0"]],
      ["pr_gene_symbol", ["TMEM2", "SHARED"]],
    ]);
    const report = reportGenes({ ids: ["a_at", "218113_at"], fields }, reference);
    expect(report.by).toMatchObject({ entrez: 1, probe: 1 });
    expect(report.stale).toEqual({ count: 1, first: [{ name: "TMEM2", symbols: ["CEMIP2"] }] });
    expect(report.ambiguous).toEqual(none);
  });
  it("does not take a date's number for an Entrez id", () => {
    const withSerial = referenceOf([...reference.genes, knownGene("43891", "WRONG")]);
    const { by, mangled } = reportGenes({ ids: ["TP53", "TMEM2", "43891"], fields: new Map() }, withSerial);
    expect(by.entrez).toBe(0);
    expect(mangled.first).toEqual([{ name: "43891", symbols: ["MARCHF1", "MTARC1"] }]);
  });
  it("lists the first twenty names of a kind and counts all", () => {
    const ids = Array.from({ length: 30 }, (_, i) => `XQ${i}WVZ`);
    const { unmatched } = reportGenes({ ids, fields: new Map() }, reference);
    expect([unmatched.count, unmatched.first.length]).toEqual([30, 20]);
  });
});
