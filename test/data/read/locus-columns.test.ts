import { expect, test } from "vitest";
import { openText, rowsOf } from "./memory-source.ts";

/** The layout of GD462.GeneQuantRPKM.50FN.samplename.resk10.txt: four annotation columns, then RPKM. */
const header = "TargetID\tGene_Symbol\tChr\tCoord\tHG00096\tHG00097\tHG00099";
const thousandGenomes = [
  header,
  "ENSG00000152931.6\tENSG00000152931.6\t5\t59783540\t0.101857770668\t0.0781098879\t0.0489801258",
  "ENSG00000183696.9\tENSG00000183696.9\t7\t48128225\t8.18380494764\t5.6869106478\t2.4346532402",
  "ENSG00000139269.2\tENSG00000139269.2\t12\t57846106\t1.19991028585\t1.5731389428\t0.5216174089",
  "",
].join("\n");

test("a chromosome and a coordinate behind the labels are annotations, though they are numbers", async () => {
  const source = await openText("GD462.GeneQuantRPKM.txt", thousandGenomes);
  expect(source.samples.ids).toEqual(["HG00096", "HG00097", "HG00099"]);
  expect(source.genes.ids).toEqual(["ENSG00000152931.6", "ENSG00000183696.9", "ENSG00000139269.2"]);
  expect([...source.genes.fields.keys()]).toEqual(["Gene_Symbol", "Chr", "Coord"]);
  expect(source.genes.fields.get("Coord")).toEqual(["59783540", "48128225", "57846106"]);
  expect((await rowsOf(source))[2]).toEqual([0.0489801258, 2.4346532402, 0.5216174089].map(Math.fround));
});

test("they are told by content where their names say nothing", async () => {
  const source = await openText("m.tsv", thousandGenomes.replace("Chr\tCoord", "V3\tV4"));
  expect(source.samples.ids).toEqual(["HG00096", "HG00097", "HG00099"]);
});

test("counts with small first columns are counts, unless they are named a chromosome and a coordinate", async () => {
  const counts = "gene\tA\tB\tC\nTP53\t5\t900000\t3\nACTB\t7\t800000\t12\nGAPDH\t1\t700000\t8\n";
  expect((await openText("m.tsv", counts)).samples.ids).toEqual(["A", "B", "C"]);
  const named = counts.replace("\tA\tB\tC", "\tchr\tstart\tC\tD").replaceAll(/(\d)\n/g, "$1\t2\n");
  expect((await openText("m.tsv", named)).samples.ids).toEqual(["C", "D"]);
});
