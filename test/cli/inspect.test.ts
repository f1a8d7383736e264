import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { inspectCommand, inspectionText } from "../../cli/commands/inspect.ts";
import { type Inspection, inspectSource } from "../../data/inspect.ts";
import type { ExpressionSource, MetaColumn } from "../../data/source.ts";
import { realFile } from "../data/scale/real-landmarks.ts";
import { runCommand } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "landfall-inspect-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function inspect(...args: readonly string[]): Promise<string> {
  return (await runCommand([inspectCommand], ["inspect", ...args])).printed.join("\n");
}

interface Made {
  readonly samples: readonly string[];
  readonly genes: readonly string[];
  readonly values: readonly number[];
  readonly geneFields?: Record<string, MetaColumn>;
  readonly blockRows?: number;
}

function madeSource({ samples, genes, values, geneFields = {}, blockRows = 1 }: Made): ExpressionSource {
  return {
    format: "tsv",
    label: "made.tsv",
    samples: {
      ids: samples,
      fields: new Map<string, MetaColumn>([["dose", Float64Array.from(samples, (_, i) => (i === 0 ? Number.NaN : i))]]),
    },
    genes: { ids: genes, fields: new Map(Object.entries(geneFields)) },
    warnings: ["no version"],
    async *blocks() {
      for (let start = 0; start < samples.length; start += blockRows) {
        const rows = Math.min(blockRows, samples.length - start);
        const block = values.slice(start * genes.length, (start + rows) * genes.length);
        yield { start, rows, values: Float32Array.from(block) };
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

const made: Made = {
  samples: ["s1", "s2", "s3"],
  genes: ["TP53", "EGFR", "TP53", "1-Mar"],
  values: [
    1,
    Number.NaN,
    3,
    Number.NaN,
    Number.NaN,
    Number.NaN,
    Number.NaN,
    Number.NaN,
    7,
    -1,
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ],
  geneFields: { pr_gene_id: ["7157", "1956", "7157", ""] },
};

describe("an inspection", () => {
  it("counts missing, infinite, duplicate, mangled and empty over the whole file", async () => {
    const inspection = await inspectSource(madeSource(made));
    expect(inspection.values).toEqual({
      missing: 7,
      infinite: 1,
      range: [-1, 7],
      emptySamples: { count: 1, first: ["s2"] },
      emptyGenes: { count: 1, first: ["1-Mar"] },
    });
    expect(inspection.genes).toMatchObject({
      count: 4,
      idType: "symbol",
      keys: [{ field: "pr_gene_id", kind: "entrez" }],
      duplicates: { count: 1, first: ["TP53"] },
      mangled: { count: 1, first: ["1-Mar"] },
    });
    expect(inspection.samples.columns).toEqual([
      { field: "dose", type: "number", missing: 1, distinct: 2, examples: ["1", "2"] },
    ]);
    expect(inspection.warnings).toEqual(["no version"]);
  });
  it("does not depend on the blocks", async () => {
    const whole = await inspectSource(madeSource({ ...made, blockRows: 3 }));
    expect(await inspectSource(madeSource({ ...made, blockRows: 2 }))).toEqual(whole);
  });
  it("of a file without values has no scale and no range", async () => {
    const inspection = await inspectSource(madeSource({ samples: ["s"], genes: ["g"], values: [Number.NaN] }));
    expect(inspection.scale).toBeUndefined();
    expect(inspection.values.range).toBeUndefined();
    expect(inspectionText(inspection)).toContain("unknown: there are no values");
  });
  it("as text has a line a fact, values aligned, long lists cut", async () => {
    const inspection = await inspectSource(madeSource(made));
    expect(inspectionText(inspection).split("\n")).toEqual([
      "file             made.tsv (tsv)",
      "samples          3  s1, s2, s3",
      "genes            4  TP53, EGFR, TP53",
      "gene ids         symbol; also pr_gene_id (entrez)",
      expect.stringMatching(/^scale {12}zscore \(confidence low\): values from -1 to 7/),
      "range            -1 to 7",
      "missing          7 of 12 (58.33 %)",
      "infinite         1",
      "duplicate genes  1  TP53",
      "mangled ids      1  1-Mar",
      "empty samples    1  s2",
      "empty genes      1  1-Mar",
      "warning          no version",
      "",
      "gene columns",
      "  pr_gene_id  text    7157, 1956  (2 distinct, 1 missing)",
      "",
      "sample columns",
      "  dose  number  1, 2  (2 distinct, 1 missing)",
    ]);
  });
});

describe("landfall inspect", () => {
  const counts = join(folder, "counts.tsv");
  writeFileSync(counts, ["sample\tTP53\tEGFR\tMYC\tKRAS", "s1\t0\t120\t33\t7", "s2\t5\t900\tNA\t1"].join("\n"));
  it("tells counts in a TSV file", async () => {
    const text = await inspect(counts, "--orientation", "samples");
    expect(text).toContain("samples          2  s1, s2");
    expect(text).toContain("scale            counts (confidence high): values from 0 to 900");
    expect(text).toContain("missing          1 of 8 (12.50 %)");
  });
  it("prints one JSON object with --json", async () => {
    const inspection = JSON.parse(await inspect(counts, "--orientation", "samples", "--json")) as Inspection;
    expect(inspection).toMatchObject({ file: "counts.tsv", format: "tsv", scale: { scale: "counts" } });
  });
  it("of a file that is not there is no-input, exit 66", async () => {
    await expect(inspect(join(folder, "none.gct"))).rejects.toMatchObject({ tag: "no-input", exitCode: 66 });
  });
  it.for([
    [
      "rnaseqdb/rnaseqdb_dev_n910x18154.gctx",
      "samples          910  TCGA-CU-A0YN",
      "symbol; also pr_gene_id (entrez)",
      "log2 (confidence high)",
    ],
    ["hgu133a/chowdary_104x22283.tsv.gz", "genes            22283  1007_s_at", "affy", "linear (confidence high)"],
    [
      "l1000/l1ktools/LJP009_A375_24H_X1_B20_GEX_n384x978.gct",
      "samples          384",
      "affy; also pr_gene_id (entrez)",
      "linear, L1000 level 2",
    ],
    ["l1000/l1ktools/LJP009_A375_24H_X1_B20_QNORM_n371x978.gct", "samples          371", "affy", "log2, L1000 level 3"],
    [
      "l1000/l1ktools/LJP009_A375_24H_X1_B20_ZSPCQNORM_n371x978.gct",
      "genes            978",
      "affy",
      "zscore (confidence high)",
    ],
    ["l1000/l1ktools/modzs_n272x978.gctx", "samples          272", "affy", "clipped at ±10"],
    ["mtb-modulome/mtb_dev_log2tpm_centred_n510x3906.gctx", "genes            3906  RV1984a", "locus", "log2fc"],
    ["l1000/cmapPy/test_l1000.gctx", "(gct)", "affy", "zscore"],
  ] as const)("tells %s for what it is", async ([path, ...facts], context) => {
    const file = realFile(path) ?? context.skip(`${path} is not in ../shared/data`);
    const text = await inspect(file);
    for (const fact of facts) expect(text).toContain(fact);
    expect(text).toContain("missing          0 of ");
  });
});
