import { describe, expect, it } from "vitest";
import { type Alignment, alignLandmarks, checkMissing, type Duplicates } from "../../../data/genes/align.ts";
import type { KnownGene } from "../../../data/genes/gene-reference.ts";
import type { MetaColumn } from "../../../data/source.ts";
import { GeneRecord } from "../../../schemas/index.ts";
import { countedReference, knownGene } from "./support/reference.ts";

const genes: readonly KnownGene[] = [
  knownGene("23670", "CEMIP2", {
    previous: ["TMEM2"],
    aliases: ["KIAA1412"],
    ensembl: "ENSG00000135048",
    probes: ["218113_at", "999_at"],
    space: "landmark",
  }),
  knownGene("9868", "TOMM70", { previous: ["TOMM70A"], aliases: ["SHARED"], probes: ["201519_at", "201520_at"] }),
  knownGene("7157", "TP53", { ensembl: "ENSG00000141510", aliases: ["p53", "SHARED"] }),
  knownGene("1956", "EGFR", { aliases: ["ERBB"] }),
];
const records = (...ids: readonly string[]): GeneRecord[] =>
  ids.map((id) => GeneRecord.parse({ id, role: "landmark", entrez: id }));

function align(
  ids: readonly string[],
  {
    landmarks = records("23670", "9868", "7157", "1956"),
    fields = {},
    duplicates = "error",
  }: { landmarks?: GeneRecord[]; fields?: Record<string, MetaColumn>; duplicates?: Duplicates } = {},
): Alignment & { readonly opened: number } {
  const { open, opened } = countedReference(genes);
  const input = { ids, fields: new Map(Object.entries(fields)) };
  const alignment = alignLandmarks({ landmarks, input, duplicates, label: "in.tsv", reference: open });
  return { ...alignment, opened: opened() };
}

describe("landmarks are found under other names than the model's", () => {
  it("by current, previous and alias symbol, Ensembl id and probe set, and the alignment says by which", () => {
    const alignment = align(["EGFR", "TOMM70A", "p53", "218113_at"]);
    expect(alignment.sources).toEqual([[3], [1], [2], [0]]);
    expect(alignment.matchedBy).toEqual({ id: 0, entrez: 0, ensembl: 0, symbol: 1, previous: 1, alias: 1, probe: 1 });
    expect(alignment.renamed).toEqual([
      { landmark: "23670", name: "218113_at" },
      { landmark: "9868", name: "TOMM70A" },
      { landmark: "7157", name: "p53" },
    ]);
    expect(
      align(["EGFR", "ENSG00000141510.17"], { fields: { ensembl: ["", "ENSG00000141510.17"] } }).sources[2],
    ).toEqual([1]);
  });
  it("though the model's own symbol is the stale one", () => {
    const landmarks = ["TMEM2", "TP53"].map((symbol) => GeneRecord.parse({ id: symbol, role: "landmark", symbol }));
    expect(align(["CEMIP2", "TP53"], { landmarks }).sources).toEqual([[0], [1]]);
  });
  it("by the most trusted name where the input has several", () => {
    const ids = ["KIAA1412", "TMEM2", "EGFR", "TP53", "TOMM70"];
    expect(align(ids).sources[0]).toEqual([1]);
    expect(align([...ids, "CEMIP2"]).sources[0]).toEqual([5]);
  });
  it("of probe sets by the one that L1000 is calibrated on, else by all, as duplicates are", () => {
    const ids = ["999_at", "218113_at", "201519_at", "201520_at"];
    expect(align(ids, { duplicates: "mean" }).sources.slice(0, 2)).toEqual([[1], [2, 3]]);
    expect(() => align(ids)).toThrow("landmark 9868 = 201519_at,201520_at");
  });
  it("and the reference is not opened while nothing is missing", () => {
    expect(align(["23670", "9868", "7157", "1956"]).opened).toBe(0);
    expect(align(["23670", "9868", "7157"]).opened).toBe(1);
  });
});

describe("a landmark stays missing", () => {
  it("where a name is of several genes, which is told", () => {
    const alignment = align(["23670", "1956", "SHARED"], { fields: { symbol: ["CEMIP2", "EGFR", "SHARED"] } });
    expect(alignment.missing).toEqual(["9868", "7157"]);
    expect(alignment.ambiguous).toEqual([
      { landmark: "9868", name: "SHARED" },
      { landmark: "7157", name: "SHARED" },
    ]);
  });
  it("where a name is misspelt, and the refusal tells it", () => {
    const alignment = align(["CEMIP2", "TOMM70", "TP-53", "EGFR"]);
    expect(alignment.missing).toEqual(["7157"]);
    expect(alignment.close).toEqual([{ landmark: "7157", name: "TP-53" }]);
    expect(() => checkMissing(alignment, 0)).toThrow("7157 (close to TP-53 of the input)");
  });
  it("where only the name of another gene is close", () => {
    const landmarks = records("23670", "7157");
    const { close } = align(["EGFR", "TOMM70"], { landmarks });
    expect(close).toEqual([]);
  });
  it("where a spreadsheet made a date of its name", () => {
    const alignment = align(["CEMIP2", "TOMM70", "EGFR", "1-Mar"]);
    expect([alignment.missing, alignment.mangled]).toEqual([["7157"], ["1-Mar"]]);
  });
  it("in a model of another species, whose names are others' by chance", () => {
    const landmarks = ["Tmem2", "Tomm70a", "Trp53", "TP53"].map((id) => GeneRecord.parse({ id, role: "landmark" }));
    expect(align(["p53", "TMEM9"], { landmarks }).missing).toEqual(["Tmem2", "Tomm70a", "Trp53", "TP53"]);
  });
});
