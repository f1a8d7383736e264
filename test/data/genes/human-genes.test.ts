import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { selectGenes } from "../../../data/dataset/selection.ts";
import { alignLandmarks } from "../../../data/genes/align.ts";
import type { GeneReference, L1000Space, OpenReference } from "../../../data/genes/gene-reference.ts";
import { geneKeys } from "../../../data/genes/keys.ts";
import { readGeneReference } from "../../../data/node/gene-reference.ts";
import { openExpression } from "../../../data/node/open.ts";
import type { Axis } from "../../../data/source.ts";
import { GeneRecord } from "../../../schemas/index.ts";

const data = process.env["LANDFALL_DATA"] ?? "../shared/data";
const lists = join(data, "l1000/gene-lists");
let open: OpenReference;
let reference: GeneReference;
beforeAll(async () => {
  open = await readGeneReference();
  reference = open();
});

describe("the shipped table", () => {
  it("has the L1000 space: 978 landmarks, 9,196 best inferred and 2,154 other genes (Subramanian et al. 2017)", () => {
    const count = (space: L1000Space): number => reference.genes.filter((gene) => gene.space === space).length;
    expect([count("landmark"), count("best-inferred"), count("inferred")]).toEqual([978, 9196, 2154]);
  });
  it("has an Ensembl id and a probe set of every landmark", () => {
    const landmarks = reference.genes.filter(({ space }) => space === "landmark");
    expect(landmarks.filter(({ ensembl, probes }) => !/^ENSG\d{11}$/.test(ensembl) || probes.length === 0)).toEqual([]);
  });
  it("has each probe set once", () => {
    const probes = reference.genes.flatMap((gene) => gene.probes);
    expect(new Set(probes).size).toBe(probes.length);
  });
  // Huber-group-EMBL/biomaRt issue 7: landmarks that HGNC symbols no longer find; today's symbols from genenames.org.
  it.each([
    ["TOMM70A", "TOMM70"],
    ["KIAA0196", "WASHC5"],
    ["KIAA0907", "KHDC4"],
    ["PAPD7", "TENT4A"],
    ["IKBKAP", "ELP1"],
    ["TMEM5", "RXYLT1"],
    ["HDGFRP3", "HDGFL3"],
    ["PRUNE", "PRUNE1"],
    ["HN1L", "JPT2"],
    ["KIAA1033", "WASHC4"],
    ["TMEM110", "STIMATE"],
    ["SQRDL", "SQOR"],
    ["TMEM2", "CEMIP2"],
    ["ADCK3", "COQ8A"],
    ["LRRC16A", "CARMIL1"],
    ["FAM63A", "MINDY1"],
  ])("knows the landmark %s as %s", (stale, current) => {
    const match = reference.symbol(stale);
    expect(match).toMatchObject({ kind: "one", by: "previous", gene: { symbol: current, space: "landmark" } });
  });
  it("is what the script makes of the gene lists", (ctx) => {
    if (!existsSync(lists)) ctx.skip("no gene lists at LANDFALL_DATA");
    const { status, stderr } = spawnSync(process.execPath, ["scripts/gene-table.mjs", "--check"], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});

describe("the L1000 landmarks are found", () => {
  const landmarks = (): GeneRecord[] =>
    reference.genes
      .filter(({ space }) => space === "landmark")
      .map(({ entrez }) => GeneRecord.parse({ id: entrez, role: "landmark", entrez }));
  const align = (input: Axis) =>
    alignLandmarks({ landmarks: landmarks(), input, duplicates: "error", label: "in", reference: open });

  it("by the symbols that CMap publishes them under, but for one that two genes have had", (ctx) => {
    const path = join(lists, "Landmark_Genes_n978.tsv");
    if (!existsSync(path)) ctx.skip("no gene lists at LANDFALL_DATA");
    const lines = readFileSync(path, "utf8").trimEnd().split(/\r?\n/).slice(1);
    const cells = lines.map((line) => line.split("\t"));
    const alignment = align({ ids: cells.map(([, symbol = ""]) => symbol), fields: new Map() });
    // B3GNT1 was B4GAT1 (a landmark) and B3GNT2 (none).
    expect(alignment.missing).toEqual(["11041"]);
    expect(alignment.ambiguous).toEqual([{ landmark: "11041", name: "B3GNT1" }]);
    const found = alignment.sources.map(([column = -1]) => cells[column]?.[2] ?? "11041");
    expect(found).toEqual(landmarks().map(({ id }) => id));
  });
  it("each in one probe set of a whole HG-U133A file", async (ctx) => {
    const path = join(data, "hgu133a/chowdary_104x22283.tsv.gz");
    if (!existsSync(path)) ctx.skip("no HG-U133A data at LANDFALL_DATA");
    await using source = await openExpression(path, { orientation: "samples" });
    const alignment = align(source.genes);
    expect([alignment.missing.length, alignment.matchedBy.probe]).toEqual([0, 978]);
    expect(alignment.sources.every((columns) => columns.length === 1)).toBe(true);
  });
  it("by name in RNAseqDB as its own column has them, but for seven", async (ctx) => {
    const path = join(data, "rnaseqdb/rnaseqdb_dev_n910x18154.gctx");
    if (!existsSync(path)) ctx.skip("no RNAseqDB at LANDFALL_DATA");
    await using source = await openExpression(path);
    const keys = geneKeys(source.genes);
    const idsOf = (flags: Uint8Array): Set<string> => new Set(source.genes.ids.filter((_, i) => flags[i] === 1));
    const byColumn = idsOf(selectGenes({ kind: "l1000" }, source.genes, keys).flags);
    const named = selectGenes({ kind: "l1000", reference: open }, { ids: source.genes.ids, fields: new Map() }, keys);
    const byName = idsOf(named.flags);
    // The file gives these two no Entrez id, and CALM3 that of CALM1.
    expect([...byName].filter((id) => !byColumn.has(id)).toSorted()).toEqual(["CALM3", "HDGFRP3", "PHF15"]);
    // Read-through loci and a sister gene under the landmark's Entrez id, and a symbol that two genes have had.
    const others = ["B3GNT1", "HSPA1B", "TMEM110-MUSTN1", "TMEM256-PLSCR3"];
    expect([...byColumn].filter((id) => !byName.has(id)).toSorted()).toEqual(others);
    expect([named.sought, named.notFound.length, named.several]).toEqual([978, 978 - byName.size, []]);
  });
});

describe("an HGNC file of the user's", () => {
  it("that is absent is no input", async () => {
    await expect(readGeneReference({ hgnc: "no/such/file.txt" })).rejects.toMatchObject({ tag: "no-input" });
  });
});
