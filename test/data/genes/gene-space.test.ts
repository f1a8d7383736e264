import { describe, expect, it } from "vitest";
import type { MappedGene } from "../../../data/genes/gene-map.ts";
import { geneSpace } from "../../../data/genes/gene-space.ts";
import { mappedColumns } from "../../../data/genes/mapped-columns.ts";

const gene = (id: string, probes: string[], ids: Partial<MappedGene> = {}): MappedGene => ({
  id,
  symbol: "",
  ensembl: "",
  entrez: "",
  probes,
  ...ids,
});
const rowsOf = (maps: Parameters<typeof geneSpace>[0]) =>
  geneSpace(maps).map(({ row, landmark, target, probes }) => [row, landmark, target, probes.join()]);

describe("the rows that maps make", () => {
  it("are two for a gene whose landmark and target probes differ, one where they are the same", () => {
    const landmarks = [gene("A", ["a1"]), gene("B", ["b1", "b2"])];
    const targets = [gene("C", ["c1"]), gene("A", ["a2", "a3"]), gene("B", ["b2", "b1"])];
    expect(rowsOf({ landmarks, targets, further: [] })).toEqual([
      ["A", 1, 0, "a1"],
      ["B", 1, 1, "b1,b2"],
      ["C", 0, 1, "c1"],
      ["A|target", 0, 1, "a2,a3"],
    ]);
  });
  it("are those of all maps without roles, the probes of one gene together", () => {
    const further = [[gene("A", ["a1"]), gene("B", ["b1"])], [gene("A", ["a2", "a1"])]];
    expect(rowsOf({ further })).toEqual([
      ["A", 0, 0, "a1,a2"],
      ["B", 0, 0, "b1"],
    ]);
  });
  it("take further ids from a map with a probe in common, where it is not in doubt", () => {
    const landmarks = [gene("ENSG1", ["a1"]), gene("ENSG2", ["b1", "b2"])];
    const chip = [gene("11", ["a1", "a9"], { entrez: "11" }), gene("22", ["b1"], { entrez: "22" })];
    const other = gene("23", ["b2"], { entrez: "23" });
    const space = geneSpace({ landmarks, targets: [], further: [[...chip, other]] });
    expect(space.map(({ row, entrez }) => [row, entrez])).toEqual([
      ["ENSG1", "11"],
      ["ENSG2", ""],
    ]);
  });
  it("keep a gene that a landmark shares a probe with out of the rest", () => {
    const further = [[gene("11", ["a1", "a2"], { entrez: "11" }), gene("33", ["c1"], { entrez: "33" })]];
    expect(rowsOf({ landmarks: [gene("ENSG1", ["a1"])], further })).toEqual([
      ["ENSG1", 1, 0, "a1"],
      ["33", 0, 0, "c1"],
    ]);
  });
});

describe("the columns of mapped genes", () => {
  const genes = [
    gene("ENSG00000000001", ["p1", "p2"], { ensembl: "ENSG00000000001", symbol: "AAA" }),
    gene("ENSG00000000002", ["p3"], { ensembl: "ENSG00000000002", symbol: "BBB", entrez: "22" }),
    gene("ENSG00000000003", ["p4"], { ensembl: "ENSG00000000003", symbol: "CCC" }),
  ];
  const axis = (ids: string[], fields: Record<string, string[]> = {}) => ({
    ids,
    fields: new Map(Object.entries(fields)),
  });
  it("are those of their probes in a file of probes; a gene with some of its probes is named", () => {
    const found = mappedColumns(genes, axis(["p3", "x", "p1"]));
    expect(found).toEqual({ by: "probe", columns: [[2], [0], []], partial: ["ENSG00000000001"] });
  });
  it("are found by Ensembl id whatever its version", () => {
    const { by, columns } = mappedColumns(genes, axis(["ENSG00000000002.11", "ENSG00000000001.1", "ENSG00000000009"]));
    expect([by, columns]).toEqual(["gene", [[1], [0], []]]);
  });
  it("are found by symbol in any case, and by Entrez id in a metadata column", () => {
    const ids = axis(["aaa", "OLD2", "CCC"], { pr_gene_id: ["1", "22", "3"] });
    expect(mappedColumns(genes, ids).columns).toEqual([[0], [1], [2]]);
  });
  it("are by an id that names one row, where a more trusted one names several", () => {
    const ids = axis(["BBB", "BBB2"], { pr_gene_id: ["22", "22"] });
    expect(mappedColumns(genes, ids).columns[1]).toEqual([0]);
  });
});
