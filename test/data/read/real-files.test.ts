import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTemporarily } from "./open-temporarily.ts";

const folder = process.env["LANDFALL_DATA"] ?? "../shared/data";

/**
 * What h5py 3.7 / numpy (GCTX) and plain Python `float` (text) read, values rounded to float32 and summed in float64:
 * `sum` of all values, `weighted` of value * ((31 * sample + gene) mod 101), which no transposition or shift survives.
 */
const expected = [
  {
    file: "l1000/cmapPy/col_meta_only_example_n355x355.gctx",
    format: "gctx",
    samples: 355,
    genes: 355,
    firstGene: "LJP006_PC3_24H:DMSO:-666",
    lastGene: "LJP006_PC3_24H:BRD-K56751279:3.33",
    firstSample: "LJP006_PC3_24H:DMSO:-666",
    lastSample: "LJP006_PC3_24H:BRD-K56751279:3.33",
    geneFields: 0,
    sampleFields: 50,
    sum: 4999817.079996049,
    weighted: 249743840.8308453,
  },
  {
    file: "l1000/cmapPy/mini_gctoo_for_testing.gctx",
    format: "gctx",
    samples: 6,
    genes: 6,
    firstGene: "LJP007_MCF10A_24H:TRT_CP:BRD-K93918653:3.33",
    lastGene: "LJP007_MCF7_24H:TRT_CP:BRD-K64857848:10",
    firstSample: "LJP007_MCF10A_24H:TRT_CP:BRD-K93918653:3.33",
    lastSample: "LJP007_MCF7_24H:TRT_CP:BRD-K64857848:10",
    geneFields: 5,
    sampleFields: 5,
    sum: 78.9930808544159,
    weighted: 3156.2343393713236,
  },
  {
    file: "l1000/cmapPy/row_meta_only_example_n2x1203.gctx",
    format: "gctx",
    samples: 2,
    genes: 1203,
    firstGene: "ISO001_MCF10A.WTLP_24H:DMSO:-666",
    lastGene: "ISO001_MCF10A.WTLP.GM_24H:BRD-K56343971:0.04",
    firstSample: "TS1",
    lastSample: "TS2",
    geneFields: 50,
    sampleFields: 0,
    sum: 0.09595701098442078,
    weighted: -24465.338163912296,
  },
  {
    file: "l1000/cmapR/modzs_n25x50.gctx",
    format: "gctx",
    samples: 25,
    genes: 50,
    firstGene: "200814_at",
    lastGene: "200966_x_at",
    firstSample: "CPC004_PC3_24H:BRD-A51714012-001-03-1:10",
    lastSample: "CPC006_TYKNU_6H:BRD-K56343971-001-02-3:10",
    geneFields: 5,
    sampleFields: 15,
    sum: -130.54970951689756,
    weighted: -6051.912691184756,
  },
  {
    file: "l1000/l1ktools/modzs_n272x978.gctx",
    format: "gctx",
    samples: 272,
    genes: 978,
    firstGene: "200814_at",
    lastGene: "205379_at",
    firstSample: "CPC006_A549_6H:BRD-U88459701-000-01-8:10",
    lastSample: "CPD002_PC3_24H:BRD-A51714012-001-04-9:10",
    geneFields: 5,
    sampleFields: 15,
    sum: 870.7201007109193,
    weighted: 29739.527398634105,
  },
  {
    file: "mtb-modulome/mtb_dev_log2fc_contrasts_n149x3906.gctx",
    format: "gctx",
    samples: 149,
    genes: 3906,
    firstGene: "RV1984a",
    lastGene: "Rv3924c",
    firstSample: "AX__AX_10_MIC",
    lastSample: "vera__1_days_control",
    geneFields: 1,
    sampleFields: 1,
    sum: -7197.124384233895,
    weighted: -352951.6343442327,
  },
  {
    file: "mtb-modulome/mtb_dev_log2tpm_centred_n510x3906.gctx",
    format: "gctx",
    samples: 510,
    genes: 3906,
    firstGene: "RV1984a",
    lastGene: "Rv3924c",
    firstSample: "SRX3995807",
    lastSample: "SRX4498331",
    geneFields: 1,
    sampleFields: 4,
    sum: -14978.401367073508,
    weighted: -757588.066947309,
  },
  {
    file: "rnaseqdb/rnaseqdb_dev_n910x18154.gctx",
    format: "gctx",
    samples: 910,
    genes: 18154,
    firstGene: "TES",
    lastGene: "SQLE",
    firstSample: "TCGA-CU-A0YN-11A-11R-A10U-07",
    lastSample: "GTEX-WI4N-2426-SM-4OOSC",
    geneFields: 5,
    sampleFields: 10,
    sum: 113272111.29996838,
    weighted: 5663760451.921479,
  },
  {
    file: "l1000/cmapPy/test_l1000.gct",
    format: "gct",
    samples: 377,
    genes: 978,
    firstGene: "200814_at",
    lastGene: "203897_at",
    firstSample: "LJP005_A375_24H_X1_B19:A03",
    lastSample: "LJP005_A375_24H_X1_B19:P24",
    geneFields: 11,
    sampleFields: 35,
    sum: 3088568.1311149597,
    weighted: 154430483.21628523,
  },
  {
    file: "l1000/cmapPy/test_l1000.gctx",
    format: "gct",
    samples: 377,
    genes: 978,
    firstGene: "200814_at",
    lastGene: "203897_at",
    firstSample: "LJP005_A375_24H_X1_B19:A03",
    lastSample: "LJP005_A375_24H_X1_B19:P24",
    geneFields: 11,
    sampleFields: 37,
    sum: 9551.543150977173,
    weighted: 486953.36366422306,
    warnings: ["named .gctx but holds GCT text"],
  },
  {
    file: "l1000/l1ktools/LJP009_A375_24H_X1_B20_GEX_n384x978.gct",
    format: "gct",
    samples: 384,
    genes: 978,
    firstGene: "200814_at",
    lastGene: "203897_at",
    firstSample: "LJP009_A375_24H_X1_B20:A01",
    lastSample: "LJP009_A375_24H_X1_B20:P24",
    geneFields: 8,
    sampleFields: 30,
    sum: 388458223,
    weighted: 19418777013,
  },
  {
    file: "l1000/l1ktools/LJP009_A375_24H_X1_B20_NORM_n371x978.gct",
    format: "gct",
    samples: 371,
    genes: 978,
    firstGene: "200814_at",
    lastGene: "203897_at",
    firstSample: "LJP009_A375_24H_X1_B20:A03",
    lastSample: "LJP009_A375_24H_X1_B20:P24",
    geneFields: 8,
    sampleFields: 34,
    sum: 3027522.1503938437,
    weighted: 151369322.89026213,
  },
  {
    file: "l1000/l1ktools/LJP009_A375_24H_X1_B20_QNORM_n371x978.gct",
    format: "gct",
    samples: 371,
    genes: 978,
    firstGene: "200814_at",
    lastGene: "203897_at",
    firstSample: "LJP009_A375_24H_X1_B20:A03",
    lastSample: "LJP009_A375_24H_X1_B20:P24",
    geneFields: 8,
    sampleFields: 34,
    sum: 3019579.327848196,
    weighted: 150975183.23024416,
  },
  {
    file: "l1000/l1ktools/LJP009_A375_24H_X1_B20_ZSPCQNORM_n371x978.gct",
    format: "gct",
    samples: 371,
    genes: 978,
    firstGene: "200814_at",
    lastGene: "203897_at",
    firstSample: "LJP009_A375_24H_X1_B20:A03",
    lastSample: "LJP009_A375_24H_X1_B20:P24",
    geneFields: 8,
    sampleFields: 34,
    sum: 5526.332614836516,
    weighted: 278392.7985737781,
  },
  {
    file: "hgu133a/chowdary_104x22283.tsv.gz",
    format: "tsv",
    samples: 104,
    genes: 22283,
    firstGene: "1007_s_at",
    lastGene: "AFFX-TrpnX-M_at",
    firstSample: "chowdary_001_breast",
    lastSample: "chowdary_104_colon",
    geneFields: 0,
    sampleFields: 1,
    sum: 174697065.69239306,
    weighted: 8731222398.715954,
  },
];

/** Float64 sums in another order differ by this share at most. */
const summation = 1e-11;

describe("real files are read as h5py, numpy and Python read them", () => {
  test.for(expected)("$file", async ({ file, sum, weighted, warnings = [], ...facts }, context) => {
    const path = join(folder, file);
    if (!existsSync(path)) return context.skip(`${path} is absent`);
    const source = await openTemporarily(path);
    const { genes, samples } = source;
    expect({
      format: source.format,
      samples: samples.ids.length,
      genes: genes.ids.length,
      firstGene: genes.ids[0],
      lastGene: genes.ids.at(-1),
      firstSample: samples.ids[0],
      lastSample: samples.ids.at(-1),
      geneFields: genes.fields.size,
      sampleFields: samples.fields.size,
    }).toEqual(facts);
    expect(source.warnings).toEqual(warnings);
    const found = { sum: 0, weighted: 0, scale: 0 };
    for await (const { start, values } of source.blocks({ blockRows: 100 })) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i] ?? 0;
        const gene = i % genes.ids.length;
        const sample = start + (i - gene) / genes.ids.length;
        found.sum += value;
        found.weighted += value * ((31 * sample + gene) % 101);
        found.scale += Math.abs(value);
      }
    }
    expect(Math.abs(found.sum - sum)).toBeLessThan(summation * found.scale);
    expect(Math.abs(found.weighted - weighted)).toBeLessThan(100 * summation * found.scale);
  });
});

test("a real dose in Latin-1, numeric metadata and padded ids come out clean", async (context) => {
  const path = join(folder, "l1000/l1ktools/modzs_n272x978.gctx");
  if (!existsSync(path)) return context.skip(`${path} is absent`);
  const source = await openTemporarily(path);
  expect(source.samples.fields.get("pert_idose")?.[0]).toBe("10 µM");
  expect(source.samples.fields.get("distil_nsample")?.[0]).toBe(4);
  expect(source.genes.fields.get("pr_gene_id")?.[0]).toBe("5720");
  expect([...source.genes.ids, ...source.samples.ids].filter((id) => id !== id.trim())).toEqual([]);
});

test("real metadata marked -666 are missing", async (context) => {
  const path = join(folder, "l1000/cmapPy/col_meta_only_example_n355x355.gctx");
  if (!existsSync(path)) return context.skip(`${path} is absent`);
  const source = await openTemporarily(path);
  expect(source.samples.fields.get("pert_dose")?.[0]).toBe("");
  expect(
    [...source.samples.fields.values()].flatMap((column) => [...column].filter((cell) => cell === "-666")),
  ).toEqual([]);
});
