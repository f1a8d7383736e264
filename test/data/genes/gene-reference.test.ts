import { describe, expect, it } from "vitest";
import type { NameMatch } from "../../../data/genes/gene-reference.ts";
import { knownGene, referenceOf } from "./support/reference.ts";

const reference = referenceOf([
  knownGene("23670", "CEMIP2", { previous: ["TMEM2"], aliases: ["KIAA1412"], ensembl: "ENSG00000135048" }),
  knownGene("1", "AAA", { previous: ["OLD"], aliases: ["SHARED", "BBB"], probes: ["1_at", "2_at"] }),
  knownGene("2", "BBB", { previous: ["BOTH"], aliases: ["SHARED"], probes: ["3_at"] }),
  knownGene("3", "CCC", { previous: ["BOTH"], aliases: ["OLD"] }),
  knownGene("4", "C1orf43", { previous: ["C2orf1", "C2ORF1"] }),
]);
const told = (match: NameMatch | undefined): string =>
  match === undefined ? "none" : match.kind === "one" ? `${match.gene.symbol} by ${match.by}` : "several";

describe("a gene is known by", () => {
  it.each([
    ["its Entrez id", reference.entrez("23670"), "CEMIP2 by entrez"],
    ["its Ensembl id", reference.ensembl("ENSG00000135048"), "CEMIP2 by ensembl"],
    ["its Ensembl id in lower case", reference.ensembl("ensg00000135048"), "CEMIP2 by ensembl"],
    ["a probe set", reference.probe("2_at"), "AAA by probe"],
    ["its symbol", reference.symbol("CEMIP2"), "CEMIP2 by symbol"],
    ["a previous symbol", reference.symbol("TMEM2"), "CEMIP2 by previous"],
    ["an alias", reference.symbol("KIAA1412"), "CEMIP2 by alias"],
    ["a symbol that is another's alias", reference.symbol("BBB"), "BBB by symbol"],
    ["a previous symbol that is another's alias", reference.symbol("OLD"), "AAA by previous"],
    ["an open reading frame in upper case", reference.symbol("C1ORF43"), "C1orf43 by symbol"],
    ["one that it has in both cases", reference.symbol("C2ORF1"), "C1orf43 by previous"],
  ])("%s", (_, match, expected) => {
    expect(told(match)).toBe(expected);
  });
});

describe("no gene is taken for", () => {
  it.each([
    ["an alias of several", reference.symbol("SHARED"), "several"],
    ["a previous symbol of several", reference.symbol("BOTH"), "several"],
    ["the name of another species", reference.symbol("Tmem2"), "none"],
    ["a missing id", reference.entrez(""), "none"],
    ["a missing symbol", reference.symbol(""), "none"],
    ["a missing Ensembl id", reference.ensembl(""), "none"],
  ])("%s", (_, match, expected) => {
    expect(told(match)).toBe(expected);
  });
});
