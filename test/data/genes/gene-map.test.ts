import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseGeneMap } from "../../../data/genes/gene-map.ts";

describe("a map in D-GEX's format", () => {
  it("is symbol, Ensembl id and comma-separated probes; versions are cut", () => {
    const text = "A\tENSG00000000001.7\tp1_at, p2_at,p1_at\r\n\n# remark\nB\tENSG00000000002\tp3_at\n";
    expect(parseGeneMap(text, "m.txt")).toEqual([
      { id: "ENSG00000000001", symbol: "A", ensembl: "ENSG00000000001", entrez: "", probes: ["p1_at", "p2_at"] },
      { id: "ENSG00000000002", symbol: "B", ensembl: "ENSG00000000002", entrez: "", probes: ["p3_at"] },
    ]);
  });
  it("is refused with every line that is not three columns", () => {
    const text = "A\tENSG1\tp1\nB\tENSG2\nC ENSG3 p3\nD\tENSG4\tp4,\nE\t\tp5\n";
    expect(() => parseGeneMap(text, "m.txt")).toThrow(
      /m\.txt: lines are no genes.*line 2 has 2 columns; line 3 has 1 columns; line 4 has an empty probe; line 5 has no Ensembl id/,
    );
  });
  it("is refused when a gene is on two lines, and when it is empty", () => {
    expect(() => parseGeneMap("A\tENSG1\tp1\nA2\tENSG1.2\tp2\n", "m.txt")).toThrow(/several lines: ENSG1/);
    expect(() => parseGeneMap("\n", "m.txt")).toThrow(/names no gene/);
  });
});

describe("a .chip file", () => {
  it("groups probes by Entrez id, else by symbol, and leaves out those of several genes or none", () => {
    const lines = [
      "pr_id\tpr_gene_id\tpr_gene_symbol\tpr_gene_title\t",
      "p1\t780\tDDR1\ttitle\t",
      "p2\t780\tDDR1\ttitle\t",
      "p3\t1 /// 2\tX /// Y\t\t",
      "p4\t-666\t-666\t-666\t",
      "p5\t-666\tONLY\t\t",
    ];
    expect(parseGeneMap(lines.join("\n"), "x.chip")).toEqual([
      { id: "780", symbol: "DDR1", ensembl: "", entrez: "780", probes: ["p1", "p2"] },
      { id: "ONLY", symbol: "ONLY", ensembl: "", entrez: "", probes: ["p5"] },
    ]);
  });
  it("may have GSEA's header", () => {
    const text = "Probe Set ID\tGene Symbol\tGene Title\np1\tTP53\ttumor protein\np2\t---\tnothing\n";
    expect(parseGeneMap(text, "g.chip").map(({ id, probes }) => [id, probes])).toEqual([["TP53", ["p1"]]]);
  });
});

describe("the maps of D-GEX itself", () => {
  const folder = join(process.env["LANDFALL_DATA"] ?? "../shared/data", "l1000/gene-lists");
  it("are 943 landmarks of one probe and 9,520 targets, 445 of which are landmarks (oracle: counted in the paper's code)", async (ctx) => {
    const read = (file: string) => readFile(join(folder, file), "utf8").catch(() => undefined);
    const texts = [await read("dgex_map_lm.txt"), await read("dgex_map_tg.txt")];
    if (texts.includes(undefined)) ctx.skip(`no D-GEX maps in ${folder}`);
    const [landmarks = [], targets = []] = texts.map((text) => parseGeneMap(text ?? "", "map"));
    expect(landmarks).toHaveLength(943);
    expect(landmarks.every(({ probes }) => probes.length === 1)).toBe(true);
    expect(targets).toHaveLength(9520);
    expect(new Set(targets.map(({ symbol }) => symbol)).size).toBe(9519);
    const sizes = [1, 2, 3, 4, 5].map((size) => targets.filter(({ probes }) => probes.length === size).length);
    expect(sizes).toEqual([5765, 2201, 975, 380, 123]);
    const isLandmark = new Set(landmarks.map(({ id }) => id));
    expect(targets.filter(({ id }) => isLandmark.has(id))).toHaveLength(445);
  });
});
