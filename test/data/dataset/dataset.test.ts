import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DatasetBlock } from "../../../data/dataset/blocks.ts";
import { splitNames } from "../../../data/dataset/split.ts";
import { type DatasetRange, type OpenDataset, openDataset } from "../../../data/node/dataset.ts";
import { sha256 } from "../../../data/node/hash.ts";
import { prepareDataset } from "../../../data/node/prepare.ts";
import type { ExpressionDataset } from "../../../schemas/index.ts";
import { log2Like, prepareOptions, writeSmallCohort } from "./small-cohort.ts";

let folder: string;
let input: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-dataset-"));
  input = join(folder, "in.gctx");
  out = join(folder, "dataset");
  await writeSmallCohort(input, { samples: 25, genes: 5 });
});
afterEach(() => rm(folder, { recursive: true }));

async function collect(open: OpenDataset, range: DatasetRange): Promise<DatasetBlock[]> {
  const blocks: DatasetBlock[] = [];
  for await (const block of open.blocks(range)) blocks.push(block);
  return blocks;
}

describe("an open dataset", () => {
  it("names landmarks and targets; a target that is a landmark too has an id of its own", async () => {
    const { hash } = await prepareDataset(prepareOptions(input, out));
    await using open = await openDataset(out);
    expect(open.hash).toBe(hash);
    expect(open.hash).toBe(sha256(await readFile(join(out, "dataset.json"))));
    expect(open.landmarks.map(({ id }) => id)).toEqual(["GENE0", "GENE1", "GENE2"]);
    expect(open.targets.map(({ id }) => id)).toEqual(["GENE0|target", "GENE3", "GENE4"]);
    expect(open.targets[0]).toEqual({
      id: "GENE0|target",
      sourceId: "GENE0",
      row: 0,
      symbol: "SYM0",
      entrez: "",
      ensembl: "",
    });
    expect([...open.overlap]).toEqual([1, 0, 0]);
    expect(open.groupOf).toBeUndefined();
  });
  it("yields the rows of a split in file order, in blocks of the size asked for", async () => {
    await prepareDataset(prepareOptions(input, out));
    await using open = await openDataset(out);
    const seen: number[] = [];
    for (const split of splitNames) {
      const blocks = await collect(open, { split, units: "native", blockRows: 4 });
      const samples = blocks.flatMap(({ sampleIndices }) => [...sampleIndices]);
      expect(samples).toHaveLength(open.sampleCount(split));
      expect(samples).toEqual(samples.toSorted((a, b) => a - b));
      expect(blocks.slice(0, -1).every(({ rows }) => rows === 4)).toBe(true);
      for (const { rows, sampleIndices, landmarks, targets } of blocks) {
        const cells = (genes: readonly number[]): number[] =>
          [...sampleIndices].flatMap((sample) => genes.map((gene) => log2Like(sample, gene)));
        expect(sampleIndices).toHaveLength(rows);
        expect([...landmarks]).toEqual(cells([0, 1, 2]));
        expect([...targets]).toEqual(cells([0, 3, 4]));
      }
      seen.push(...samples);
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, sample) => sample));
  });
  it("gives the same rows in blocks of any size", async () => {
    await prepareDataset(prepareOptions(input, out));
    await using open = await openDataset(out);
    const cells = async (blockRows: number): Promise<number[]> =>
      (await collect(open, { split: "train", units: "z", blockRows })).flatMap(({ targets }) => [...targets]);
    const whole = await cells(1000);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (rows) => {
        expect(await cells(rows)).toEqual(whole);
      }),
      { numRuns: 10 },
    );
  });
  it("standardises and clips as the formula says", async () => {
    await prepareDataset({ ...prepareOptions(input, out), clip: 1.25 });
    await using open = await openDataset(out);
    const { mean, sd } = open.targetMoments;
    const [block] = await collect(open, { split: "test", units: "z" });
    let clipped = 0;
    block?.targets.forEach((z, cell) => {
      const column = cell % 3;
      const x = log2Like(block.sampleIndices[Math.floor(cell / 3)] ?? 0, [0, 3, 4][column] ?? 0);
      const score = (x - (mean[column] ?? 0)) / ((sd[column] ?? 0) + 1e-3);
      expect(z).toBe(Math.fround(Math.min(1.25, Math.max(-1.25, score))));
      if (Math.abs(score) > 1.25) clipped += 1;
    });
    expect(clipped).toBeGreaterThan(0);
  });
  it("standardises each cohort by its own moments where prepared so", async () => {
    const second = join(folder, "second.gctx");
    await writeSmallCohort(second, { samples: 30, genes: 5, prefix: "t", value: (s, g) => log2Like(s, g) / 3 + 1 });
    const inputs = [
      { cohort: "a", path: input },
      { cohort: "b", path: second },
    ];
    await prepareDataset({ ...prepareOptions(input, out), inputs, standardise: "cohort" });
    await using open = await openDataset(out);
    for (const cohort of [0, 1]) {
      const scores: number[] = [];
      for (const split of splitNames)
        for (const { sampleIndices, landmarks } of await collect(open, { split, units: "z", blockRows: 7 }))
          sampleIndices.forEach((sample, row) => {
            if (sample >= 25 === (cohort === 1)) scores.push(landmarks[row * 3] ?? 0);
          });
      const mean = scores.reduce((sum, z) => sum + z, 0) / scores.length;
      const sd = Math.sqrt(scores.reduce((sum, z) => sum + (z - mean) ** 2, 0) / scores.length);
      expect(mean).toBeCloseTo(0, 6);
      // sd / (sd + 0.001) of a gene whose sd is about 2 or 0.7
      expect(sd).toBeCloseTo(1, 2);
    }
  });
  it("tells the group of each sample, and has no rows of a split that is empty", async () => {
    const split = {
      kind: "group",
      field: "study",
      fractions: [0.7, 0, 0.3] as [number, number, number],
      seed: 1,
    } as const;
    await prepareDataset({ ...prepareOptions(input, out), split });
    await using open = await openDataset(out);
    expect(open.groupOf?.slice(0, 4)).toEqual(["ST0", "ST1", "ST2", "ST0"]);
    expect(open.sampleCount("validation")).toBe(0);
    expect(await collect(open, { split: "validation", units: "z" })).toEqual([]);
  });
  it("stops at an abort", async () => {
    await prepareDataset(prepareOptions(input, out));
    await using open = await openDataset(out);
    await expect(collect(open, { split: "train", units: "z", signal: AbortSignal.abort() })).rejects.toMatchObject({
      tag: "cancelled",
    });
  });
});

describe("a dataset that cannot be opened", () => {
  const rewrite = async (change: (dataset: ExpressionDataset) => unknown): Promise<void> => {
    const path = join(out, "dataset.json");
    const dataset = JSON.parse(await readFile(path, "utf8")) as ExpressionDataset;
    await writeFile(path, JSON.stringify(change(dataset)));
  };
  beforeEach(() => prepareDataset(prepareOptions(input, out)));
  it("is not there", async () => {
    await expect(openDataset(join(folder, "nope"))).rejects.toMatchObject({ tag: "no-input" });
  });
  it("has no values", async () => {
    await rm(join(out, "expression.gctx"));
    await expect(openDataset(out)).rejects.toMatchObject({ tag: "no-input" });
  });
  it("has no JSON", async () => {
    await writeFile(join(out, "dataset.json"), '{"schemaVersion": 1,');
    await expect(openDataset(out)).rejects.toThrow(/dataset.json: not valid JSON/);
  });
  it("does not fit the schema: the field is named", async () => {
    await rewrite((dataset) => ({ ...dataset, samples: "many" }));
    await expect(openDataset(out)).rejects.toThrow(/dataset.json.*→ at samples/s);
  });
  it("describes another file: every figure that differs is named", async () => {
    await rewrite((dataset) => ({ ...dataset, samples: 26, targets: 4, counts: { ...dataset.counts, test: 9 } }));
    await expect(openDataset(out)).rejects.toThrow(
      /samples: 26 in dataset.json, 25 in expression.gctx; targets: 4 .*3 .*; test samples: 9 .*5/,
    );
  });
  it("lacks moments", async () => {
    await rewrite((dataset) => {
      const moments = [{ cohort: "a", mean: [0], sd: [1] }];
      return { ...dataset, standardisation: { ...dataset.standardisation, moments } };
    });
    await expect(openDataset(out)).rejects.toThrow(/means of a: 1 .*no moments of \*/);
  });
});

describe("rnaseqdb, whole projects held out", () => {
  const path = join(process.env["LANDFALL_DATA"] ?? "../shared/data", "rnaseqdb/rnaseqdb_dev_n910x18154.gctx");
  let real: string;
  beforeAll(async () => {
    real = await mkdtemp(join(tmpdir(), "landfall-rnaseqdb-"));
    if (!existsSync(path)) return;
    await prepareDataset({
      ...prepareOptions(path, join(real, "dataset")),
      landmarks: { kind: "meta", field: "dgex_landmark" },
      targets: { kind: "meta", field: "dgex_target" },
      split: { kind: "group", field: "project", fractions: [0.8, 0.1, 0.1], seed: 1 },
    });
  });
  afterAll(() => rm(real, { recursive: true }));
  it("has 942 landmarks and 9,294 targets, of which 444 are landmarks too", async (ctx) => {
    if (!existsSync(path)) ctx.skip("real data absent: rnaseqdb");
    await using open = await openDataset(join(real, "dataset"));
    expect(open.landmarks).toHaveLength(942);
    expect(open.targets).toHaveLength(9294);
    expect(open.overlap.reduce((sum, flag) => sum + flag, 0)).toBe(444);
    expect(open.dataset).toMatchObject({ samples: 910, genes: 9792, scale: "log2", idType: "symbol" });
    expect(open.landmarks[0]).toMatchObject({ id: "TES", symbol: "TES", entrez: "26136" });
    expect(open.targets[0]?.id).toBe("TES|target");
  });
  it("keeps every project in one split", async (ctx) => {
    if (!existsSync(path)) ctx.skip("real data absent: rnaseqdb");
    await using open = await openDataset(join(real, "dataset"));
    const splits = new Map<string, Set<unknown>>();
    const lfSplit = open.samples.fields.get("lf_split");
    open.groupOf?.forEach((group, sample) => {
      splits.set(group, (splits.get(group) ?? new Set()).add(lfSplit?.[sample]));
    });
    expect(splits.size).toBe(19);
    expect([...splits.values()].every((names) => names.size === 1)).toBe(true);
  });
  it("has training z scores of mean 0 and sd just below 1 (oracle: plain loop)", async (ctx) => {
    if (!existsSync(path)) ctx.skip("real data absent: rnaseqdb");
    await using open = await openDataset(join(real, "dataset"));
    const genes = open.targets.length;
    const sum = new Float64Array(genes);
    const squares = new Float64Array(genes);
    for await (const { rows, targets } of open.blocks({ split: "train", units: "z", blockRows: 100 }))
      for (let row = 0; row < rows; row += 1)
        for (let gene = 0; gene < genes; gene += 1) {
          const z = targets[row * genes + gene] ?? 0;
          sum[gene] = (sum[gene] ?? 0) + z;
          squares[gene] = (squares[gene] ?? 0) + z * z;
        }
    const n = open.sampleCount("train");
    for (let gene = 0; gene < genes; gene += 1) {
      const mean = (sum[gene] ?? 0) / n;
      const sd = open.targetMoments.sd[gene] ?? 0;
      expect(Math.abs(mean)).toBeLessThan(1e-5);
      expect(Math.abs(Math.sqrt((squares[gene] ?? 0) / n - mean ** 2) - sd / (sd + 1e-3))).toBeLessThan(1e-5);
    }
  });
});
