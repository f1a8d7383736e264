import { describe, expect, it } from "vitest";
import { parseHgnc, withApproved } from "../../../data/genes/hgnc.ts";
import { knownGene } from "./support/reference.ts";

const header = [
  "hgnc_id",
  "symbol",
  "name",
  "status",
  "alias_symbol",
  "prev_symbol",
  "entrez_id",
  "ensembl_gene_id",
].join("\t");
const line = (...cells: readonly string[]): string => cells.join("\t");
const file = (...lines: readonly string[]): string => [header, ...lines, ""].join("\n");

describe("an HGNC file", () => {
  it("gives symbols, previous symbols, aliases, Entrez and Ensembl ids; phrases are no symbols", () => {
    const text = file(
      line(
        "HGNC:11869",
        "CEMIP2",
        "cell …",
        "Approved",
        '"KIAA1412|cell migration 2"',
        "TMEM2",
        "23670",
        "ENSG00000135048",
      ),
      line("HGNC:7729", "SEPTIN2", "septin 2", "Approved", '"KIAA0158|hNedd5"', '"DIFF6|NEDD5|SEPT2"', "4735", ""),
      line("HGNC:1", "WITHDRAWN1", "", "Entry Withdrawn", "", "", "99", ""),
      line("HGNC:2", "NOENTREZ", "", "Approved", "", "", "", "ENSG00000000001"),
    );
    expect(parseHgnc(`\uFEFF${text.replaceAll("\n", "\r\n")}`, "h.txt")).toEqual([
      { entrez: "23670", symbol: "CEMIP2", previous: ["TMEM2"], aliases: ["KIAA1412"], ensembl: "ENSG00000135048" },
      {
        entrez: "4735",
        symbol: "SEPTIN2",
        previous: ["DIFF6", "NEDD5", "SEPT2"],
        aliases: ["KIAA0158", "hNedd5"],
        ensembl: "",
      },
    ]);
  });
  it("is read in the layout of HGNC's custom downloads too", () => {
    const text = [
      "HGNC ID\tApproved symbol\tStatus\tAlias symbols\tNCBI Gene ID(supplied by NCBI)\tPrevious symbols\tEnsembl gene ID",
      "HGNC:7729\tSEPTIN2\tApproved\tKIAA0158, hNedd5\t4735\tDIFF6, NEDD5, SEPT2\tENSG00000168385",
      "HGNC:3\tOLD~withdrawn\tSymbol Withdrawn\t\t4736\t\t",
    ].join("\n");
    expect(parseHgnc(text, "h.txt")).toEqual([
      {
        entrez: "4735",
        symbol: "SEPTIN2",
        previous: ["DIFF6", "NEDD5", "SEPT2"],
        aliases: ["KIAA0158", "hNedd5"],
        ensembl: "ENSG00000168385",
      },
    ]);
  });
  it.each([
    ["of another layout", "symbol\tentrez_id\nTP53\t7157\n", /alias_symbol; prev_symbol; ensembl_gene_id/],
    ["without genes", file(), /no line/],
    ["that is empty", "", /columns of an HGNC file are missing/],
  ])("%s is refused", (_, text, message) => {
    expect(() => parseHgnc(text, "h.txt")).toThrow(expect.objectContaining({ tag: "bad-data" }));
    expect(() => parseHgnc(text, "h.txt")).toThrow(message);
  });
});

describe("names brought up to date", () => {
  const approved = parseHgnc(
    file(
      line("", "CEMIP2", "", "Approved", "", "TMEM2", "23670", "ENSG00000135048"),
      line("", "NEWGENE", "", "Approved", "", "TAKEN", "5", ""),
    ),
    "h.txt",
  );
  const known = [
    knownGene("23670", "TMEM2", {
      previous: ["OLDER", "TAKEN"],
      aliases: ["A1"],
      probes: ["218113_at"],
      space: "landmark",
    }),
    knownGene("77", "UNHEARD", { ensembl: "ENSG00000000077" }),
  ];
  it("keep what was known, but for names that are another gene's; other genes are added or stay", () => {
    expect(withApproved(known, approved)).toEqual([
      {
        entrez: "23670",
        symbol: "CEMIP2",
        previous: ["TMEM2", "OLDER"],
        aliases: ["A1"],
        ensembl: "ENSG00000135048",
        probes: ["218113_at"],
        space: "landmark",
      },
      known[1],
      knownGene("5", "NEWGENE", { previous: ["TAKEN"] }),
    ]);
  });
  it("are the same when brought up to date again", () => {
    const once = withApproved(known, approved);
    expect(withApproved(once, approved)).toEqual(once);
  });
});
