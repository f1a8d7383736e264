import { access } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DatasetPlan, planDataset } from "../../../data/dataset/plan.ts";
import { openExpression } from "../../../data/node/open.ts";
import { readGenes } from "../../../data/node/prepare-inputs.ts";
import type { SplitRecipe } from "../../../schemas/index.ts";

const data = process.env["LANDFALL_DATA"] ?? "../shared/data";
const files = {
  rna: join(data, "rnaseqdb/rnaseqdb_dev_n910x18154.gctx"),
  array: join(data, "hgu133a/chowdary_104x22283.tsv.gz"),
  landmarks: join(data, "l1000/gene-lists/dgex_map_lm.txt"),
  targets: join(data, "l1000/gene-lists/dgex_map_tg.txt"),
  chip: join(data, "l1000/gene-lists/HG_U133A.chip"),
};

/** The plan of RNA-seq (symbols, Entrez ids) and HG-U133A arrays (probes) joined by D-GEX's maps. */
async function planReal(geneMaps: readonly string[]): Promise<DatasetPlan> {
  await using rna = await openExpression(files.rna);
  await using array = await openExpression(files.array);
  const genes = await readGenes({
    landmarks: { kind: "map", path: files.landmarks },
    targets: { kind: "map", path: files.targets },
    geneMaps,
  });
  const split: SplitRecipe = { kind: "random", fractions: [0.8, 0.1, 0.1], seed: 1, assigned: { array: "test" } };
  const cohorts = [
    { cohort: "rna", ...axesOf(rna) },
    { cohort: "array", ...axesOf(array) },
  ];
  return planDataset(cohorts, { ...genes, split, duplicates: "error" });
}

const axesOf = ({ label, genes, samples }: Awaited<ReturnType<typeof openExpression>>) => ({ label, genes, samples });
const missing = (): Promise<string | undefined> =>
  Promise.all(Object.values(files).map((file) => access(file))).then(
    () => undefined,
    (error: Error) => error.message,
  );
const countsOf = ({ genes, landmark, target, overlap }: DatasetPlan) => ({
  genes: genes.ids.length,
  landmarks: landmark.reduce((sum, flag) => sum + flag, 0),
  targets: target.reduce((sum, flag) => sum + flag, 0),
  overlap: overlap.length,
});

describe("RNA-seq by symbol and arrays by probe, joined by D-GEX's maps", () => {
  it("share 942 of 943 landmarks and 9,295 of 9,520 targets by symbol", async (ctx) => {
    const reason = await missing();
    if (reason !== undefined) ctx.skip(reason);
    const plan = await planReal([]);
    expect(countsOf(plan)).toEqual({ genes: 10_237, landmarks: 942, targets: 9295, overlap: 444 });
    expect(plan.cohorts.map(({ by }) => by)).toEqual(["gene", "probe"]);
    // HG-U133A has every probe of the maps: what is lacking, RNA-seq lacks.
    expect(plan.warnings).toEqual([
      expect.stringMatching(/^rna lacks 226 of the 10463 mapped genes: /),
      expect.stringMatching(/^444 of 9295 targets are landmarks too/),
    ]);
    // D-GEX's array values are means of 1 to 13 probes.
    const probes = plan.cohorts[1]?.picks.offsets ?? new Int32Array();
    const sizes = plan.genes.ids.map((_, gene) => (probes[gene + 1] ?? 0) - (probes[gene] ?? 0));
    expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([1, 13]);
  });
  it("share all landmarks and 9,307 targets once a .chip adds the Entrez ids of symbols that went stale", async (ctx) => {
    const reason = await missing();
    if (reason !== undefined) ctx.skip(reason);
    const plan = await planReal([files.chip]);
    expect(countsOf(plan)).toEqual({ genes: 10_250, landmarks: 943, targets: 9307, overlap: 445 });
  });
});
