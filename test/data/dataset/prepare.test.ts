import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataset } from "../../../data/node/dataset.ts";
import { sha256File } from "../../../data/node/hash.ts";
import { openExpression } from "../../../data/node/open.ts";
import { type PrepareOptions, prepareDataset } from "../../../data/node/prepare.ts";
import { isAppError } from "../../../schemas/index.ts";
import { log2Like, prepareOptions, writeSmallCohort } from "./small-cohort.ts";

let folder: string;
let input: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-prepare-"));
  input = join(folder, "in.gctx");
  out = join(folder, "dataset");
  await writeSmallCohort(input, { samples: 20, genes: 6 });
});
afterEach(() => rm(folder, { recursive: true }));

const prepare = (changed: Partial<PrepareOptions> = {}) =>
  prepareDataset({ ...prepareOptions(input, out), ...changed });
const tagOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: unknown) => (isAppError(error) ? error.tag : String(error)),
  );

/** All values of a file, `[samples, genes]`. */
async function valuesOf(path: string): Promise<number[]> {
  await using source = await openExpression(path);
  const values: number[] = [];
  for await (const block of source.blocks()) values.push(...block.values);
  return values;
}

describe("prepare", () => {
  it("writes the values of the genes in use as they are, and the split into the metadata", async () => {
    const { status, dataset, overlap } = await prepare();
    expect(status).toBe("prepared");
    expect(overlap).toBe(1);
    expect(dataset).toMatchObject({ samples: 20, genes: 6, landmarks: 3, targets: 4, scale: "log2", steps: [] });
    expect(dataset.counts).toEqual({ train: 12, validation: 4, test: 4 });
    const expression = join(out, "expression.gctx");
    expect(await valuesOf(expression)).toEqual(await valuesOf(input));
    expect(dataset.expressionSha256).toBe(await sha256File(expression));
    expect(dataset.sources).toEqual([
      { cohort: "main", file: "in.gctx", sha256: await sha256File(input), samples: 20, genes: 6 },
    ]);
    await using source = await openExpression(expression);
    expect(source.genes.fields.get("pr_gene_symbol")?.[2]).toBe("SYM2");
    expect(source.samples.fields.get("lf_split")).toHaveLength(20);
    expect(source.samples.fields.get("study")?.[4]).toBe("ST1");
  });
  it("fits mean and sd on the training rows (oracle: plain float64 loop)", async () => {
    const { dataset } = await prepare();
    await using open = await openDataset(out);
    const split = open.samples.fields.get("lf_split");
    const training = Array.from({ length: 20 }, (_, sample) => sample).filter((sample) => split?.[sample] === "train");
    const [moments] = dataset.standardisation.moments;
    for (let gene = 0; gene < 6; gene += 1) {
      const values = training.map((sample) => log2Like(sample, gene));
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      const sd = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
      expect(moments?.mean[gene]).toBeCloseTo(mean, 12);
      expect(moments?.sd[gene]).toBeCloseTo(sd, 12);
    }
  });
  it("gives the same bytes for the same inputs and options, and other bytes for another seed", async () => {
    const bytes = async (where: string, seed: number): Promise<string[]> => {
      const split = { kind: "random", fractions: [0.6, 0.2, 0.2] as [number, number, number], seed } as const;
      await prepare({ out: join(folder, where), split });
      const files = ["dataset.json", "expression.gctx"].map((file) => sha256File(join(folder, where, file)));
      return Promise.all(files);
    };
    const first = await bytes("a", 1);
    expect(await bytes("b", 1)).toEqual(first);
    const other = await bytes("c", 2);
    expect(other[0]).not.toBe(first[0]);
    expect(other[1]).not.toBe(first[1]);
  });
  it("takes logarithms of linear values and records it", async () => {
    await writeSmallCohort(input, {
      samples: 20,
      genes: 6,
      value: (sample, gene) => 2 ** log2Like(sample, gene) - 0.5,
    });
    const { dataset } = await prepare({ log2: 0 });
    expect(dataset).toMatchObject({ scale: "log2", steps: [{ kind: "log2", offset: 0 }] });
    const written = await valuesOf(join(out, "expression.gctx"));
    expect(written[0]).toBeCloseTo(Math.log2(2 ** log2Like(0, 0) - 0.5), 5);
    await writeSmallCohort(input, { samples: 20, genes: 6 });
    expect(await tagOf(prepare({ log2: 0, out: join(folder, "twice") }))).toBe("scale-mismatch");
  });
  it("refuses counts", async () => {
    await writeSmallCohort(input, { samples: 20, genes: 6, value: (sample, gene) => sample * gene * 997 });
    expect(await tagOf(prepare())).toBe("scale-mismatch");
    expect(await readdir(folder)).toEqual(["in.gctx"]);
  });
  it("warns of genes that do not vary and of moments that have seen test rows", async () => {
    await writeSmallCohort(input, {
      samples: 20,
      genes: 6,
      value: (sample, gene) => (gene === 4 ? 3 : log2Like(sample, gene)),
    });
    const { warnings } = await prepare({ standardise: "all" });
    expect(warnings).toEqual([
      "1 of 4 targets are landmarks too, which flatters scores over all targets: GENE0",
      "standardised on all rows: moments have seen test rows",
      "no variation in the training rows for 1 gene: GENE4",
    ]);
  });
  it("stops at an abort and leaves nothing behind", async () => {
    expect(await tagOf(prepareDataset(prepareOptions(input, out), { signal: AbortSignal.abort() }))).toBe("cancelled");
    expect(await readdir(folder)).toEqual(["in.gctx"]);
  });
  it("reports the progress of every pass up to its end", async () => {
    const seen = new Map<string, string>();
    await prepareDataset(
      { ...prepareOptions(input, out), missing: "mean", quantile: {} },
      { onProgress: ({ phase, done, total, unit }) => seen.set(phase, `${done}/${total} ${unit}`) },
    );
    const [read, written] = await Promise.all([input, join(out, "expression.gctx")].map((path) => stat(path)));
    expect([...seen]).toEqual([
      ["hash inputs", `${read?.size}/${read?.size} bytes`],
      ["fit training means", "20/20 profiles"],
      ["fit quantile reference", "20/20 profiles"],
      ["prepare", "20/20 profiles"],
      ["hash dataset", `${written?.size}/${written?.size} bytes`],
    ]);
  });
});

describe("missing values", () => {
  const withHoles = (sample: number, gene: number): number =>
    gene === 1 && sample % 5 === 0 ? Number.NaN : log2Like(sample, gene);
  it("are refused by gene, and nothing is left behind", async () => {
    await writeSmallCohort(input, { samples: 20, genes: 6, value: withHoles });
    await expect(prepare()).rejects.toThrow(/4 values missing.*GENE1 in 4 samples.*--missing mean/);
    expect(await readdir(folder)).toEqual(["in.gctx"]);
  });
  it("are filled with the training mean of their cohort where asked for", async () => {
    await writeSmallCohort(input, { samples: 20, genes: 6, value: withHoles });
    const { dataset } = await prepare({ missing: "mean" });
    expect(dataset.steps).toEqual([{ kind: "impute-mean", cells: 4 }]);
    await using open = await openDataset(out);
    const split = open.samples.fields.get("lf_split");
    const measured = Array.from({ length: 20 }, (_, sample) => sample).filter(
      (sample) => split?.[sample] === "train" && sample % 5 !== 0,
    );
    const mean = measured.reduce((sum, sample) => sum + log2Like(sample, 1), 0) / measured.length;
    const written = await valuesOf(join(out, "expression.gctx"));
    expect(written[5 * 6 + 1]).toBe(Math.fround(mean));
    expect(written[6 * 6 + 1]).toBe(log2Like(6, 1));
  });
  it("that need no filling do not make it another dataset", async () => {
    await prepare({ missing: "mean" });
    expect((await prepare()).status).toBe("already-done");
  });
});

describe("several cohorts", () => {
  it("are joined on their genes, and their z scores may go by their own moments", async () => {
    const second = join(folder, "second.gctx");
    await writeSmallCohort(second, { samples: 10, genes: 8, prefix: "t", value: (s, g) => log2Like(s, g) / 2 });
    const inputs = [
      { cohort: "a", path: input },
      { cohort: "b", path: second },
    ];
    const { dataset, warnings } = await prepare({ inputs, standardise: "cohort" });
    expect(dataset).toMatchObject({ samples: 30, genes: 6 });
    expect(dataset.standardisation.moments.map(({ cohort }) => cohort)).toEqual(["*", "a", "b"]);
    expect(warnings).toContain("2 genes of b not in every cohort: left out");
    // The genes of b beyond the sixth are gone, and its rows follow those of a.
    const written = await valuesOf(join(out, "expression.gctx"));
    expect(written.slice(20 * 6, 20 * 6 + 6)).toEqual(
      [0, 1, 2, 3, 4, 5].map((gene) => Math.fround(log2Like(0, gene) / 2)),
    );
  });
  it("are refused where they are not on one scale", async () => {
    const second = join(folder, "second.gctx");
    await writeSmallCohort(second, { samples: 10, genes: 6, prefix: "t", value: (s, g) => 2 ** log2Like(s, g) + 0.5 });
    const inputs = [
      { cohort: "a", path: input },
      { cohort: "b", path: second },
    ];
    await expect(prepare({ inputs })).rejects.toThrow(/not on one scale.*a looks like log2.*b looks like linear/);
  });
});

describe("a second preparation at the same place", () => {
  it("says already done for the same inputs and options, and writes nothing", async () => {
    const first = await prepare();
    const before = await stat(join(out, "expression.gctx"));
    const second = await prepare();
    expect(second).toMatchObject({ status: "already-done", hash: first.hash, dataset: first.dataset });
    expect((await stat(join(out, "expression.gctx"))).ino).toBe(before.ino);
  });
  it.each([
    ["split", { split: { kind: "random", fractions: [0.6, 0.2, 0.2], seed: 2 } }],
    ["name", { name: "other" }],
    ["standardisation", { clip: 8 }],
    ["targets", { targets: { kind: "rest" } }],
    ["scale", { scale: "zscore" }],
  ] as const)("refuses another %s, and replaces it with --force", async (what, changed) => {
    await prepare();
    const other = { ...prepareOptions(input, out), ...changed } as PrepareOptions;
    await expect(prepareDataset(other)).rejects.toThrow(new RegExp(`differs in: .*${what}.*--force`));
    expect(await tagOf(prepareDataset(other))).toBe("other-plan");
    expect((await prepareDataset({ ...other, force: true })).status).toBe("prepared");
    expect((await prepareDataset(other)).status).toBe("already-done");
    expect((await readdir(folder)).toSorted()).toEqual(["dataset", "in.gctx"]);
  });
  it("notices another input", async () => {
    await prepare();
    await writeSmallCohort(input, { samples: 20, genes: 6, value: (s, g) => log2Like(s, g) + 1 });
    await expect(prepare()).rejects.toThrow(/differs in: inputs/);
  });
  it("notices a damaged file", async () => {
    await prepare();
    const bytes = await readFile(join(out, "expression.gctx"));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(join(out, "expression.gctx"), bytes);
    await expect(prepare()).rejects.toThrow(/expression.gctx is damaged/);
  });
  it("takes an empty directory, and one with half a dataset only by force", async () => {
    await mkdir(out);
    expect((await prepare()).status).toBe("prepared");
    await rm(join(out, "expression.gctx"));
    expect(await tagOf(prepare())).toBe("other-plan");
    expect((await prepare({ force: true })).status).toBe("prepared");
  });
  it("never replaces a directory with other files, nor a file", async () => {
    await mkdir(out);
    await copyFile(input, join(out, "mine.gctx"));
    await expect(prepare({ force: true })).rejects.toThrow(/never replaced.*mine.gctx/);
    expect(await readdir(out)).toEqual(["mine.gctx"]);
    expect(await tagOf(prepare({ out: input, force: true }))).toBe("cannot-create");
  });
});

describe("inputs that cannot be had", () => {
  it("are named: no file, no gene list", async () => {
    expect(await tagOf(prepare({ inputs: [{ cohort: "a", path: join(folder, "nope.gctx") }] }))).toBe("no-input");
    const landmarks = { kind: "file", path: join(folder, "nope.grp") } as const;
    await expect(prepare({ landmarks })).rejects.toThrow(/nope.grp: the gene list cannot be read/);
  });
});
