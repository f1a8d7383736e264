import { copyFile, mkdtemp, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SplitName } from "../../../data/dataset/split.ts";
import { openDataset } from "../../../data/node/dataset.ts";
import { openExpression } from "../../../data/node/open.ts";
import { prepareDataset } from "../../../data/node/prepare.ts";
import type { Axis } from "../../../data/source.ts";
import { openRowStore, type RowStore } from "../../../train/rows/row-store.ts";
import { log2Like, prepareOptions, writeSmallCohort } from "../../data/dataset/small-cohort.ts";
import { version, writeGolden } from "../../data/read/golden-gctx.ts";

const splits = ["train", "validation", "test"] as const satisfies readonly SplitName[];
const [genes, landmarks, targets] = [23, 12, 12];

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-rows-"));
  data = join(folder, "dataset");
  await writeSmallCohort(join(folder, "a.gctx"), { samples: 30, genes, prefix: "a" });
  const value = (sample: number, gene: number): number => 2 * log2Like(sample + 7, gene) - 3;
  await writeSmallCohort(join(folder, "b.gctx"), { samples: 20, genes, prefix: "b", value });
});
afterEach(() => rm(folder, { recursive: true }));

async function prepare(standardise: "train" | "cohort"): Promise<void> {
  const inputs = ["a", "b"].map((cohort) => ({ cohort, path: join(folder, `${cohort}.gctx`) }));
  await prepareDataset({ ...prepareOptions("", data), inputs, standardise, clip: 1.2 });
}

/** The oracle: every sample's z rows by number, as a dataset's blocks give them. */
async function blockRows() {
  await using dataset = await openDataset(data);
  const rows = new Map<number, { x: number[]; y: number[] }>();
  for (const split of splits)
    for await (const block of dataset.blocks({ split, units: "z", blockRows: 7 }))
      for (const [at, sample] of block.sampleIndices.entries())
        rows.set(sample, {
          x: [...block.landmarks.subarray(at * landmarks, (at + 1) * landmarks)],
          y: [...block.targets.subarray(at * targets, (at + 1) * targets)],
        });
  return rows;
}

async function read(store: RowStore, rows: readonly number[]) {
  const x = new Float32Array(rows.length * store.landmarks);
  const y = new Float32Array(rows.length * store.targets);
  await store.read(Int32Array.from(rows), { x, y });
  return { x: [...x], y: [...y] };
}

/** The same dataset with a matrix in chunks of 4 rows, as another program would write it. */
async function rewriteInChunks(): Promise<void> {
  const path = join(data, "expression.gctx");
  const source = await openExpression(path);
  const values = new Float32Array(50 * genes);
  for await (const block of source.blocks()) values.set(block.values, block.start * genes);
  const column = (list: readonly string[] | Float64Array) =>
    list instanceof Float64Array ? { data: list } : { data: [...list], dtype: "A20" };
  const columns = ({ ids, fields }: Axis) =>
    Object.fromEntries([["id", ids] as const, ...fields].map(([name, list]) => [name, column(list)]));
  const chunked = await writeGolden(folder, {
    matrix: { data: values, shape: [50, genes], chunks: [4, genes] },
    genes: columns(source.genes),
    samples: columns(source.samples),
    attributes: version,
  });
  await source[Symbol.asyncDispose]();
  await copyFile(chunked, path);
}

const anyRows = fc.array(fc.integer({ min: 0, max: 49 }), { maxLength: 170, size: "max" });

describe.each([
  { name: "kept in memory", residentBytes: 2 ** 30, chunked: false },
  { name: "streamed by position", residentBytes: 0, chunked: false },
  { name: "streamed by the HDF5 library", residentBytes: 0, chunked: true },
])("rows $name", ({ residentBytes, chunked }) => {
  it.each(["train", "cohort"] as const)(
    "equal the dataset's blocks bit for bit in any order, repeated, more than a window (standardised by %s)",
    async (standardise) => {
      await prepare(standardise);
      if (chunked) await rewriteInChunks();
      const expected = await blockRows();
      await using store = await openRowStore(data, { residentBytes });
      expect([store.landmarks, store.targets]).toEqual([landmarks, targets]);
      const property = fc.asyncProperty(anyRows, async (rows) => {
        const { x, y } = await read(store, rows);
        expect(x).toEqual(rows.flatMap((row) => expected.get(row)?.x ?? []));
        expect(y).toEqual(rows.flatMap((row) => expected.get(row)?.y ?? []));
      });
      await fc.assert(property, { numRuns: 25 });
      expect([...expected.values()].some(({ y }) => y.includes(Math.fround(1.2)))).toBe(true);
    },
  );

  it("hold the chosen targets only", async () => {
    await prepare("cohort");
    if (chunked) await rewriteInChunks();
    const expected = await blockRows();
    const chosen = Int32Array.of(1, 2, 5, 6, 11);
    await using store = await openRowStore(data, { residentBytes, targets: chosen });
    const { x, y } = await read(store, [49, 3]);
    expect(x).toEqual([49, 3].flatMap((row) => expected.get(row)?.x ?? []));
    expect(y).toEqual([49, 3].flatMap((row) => [...chosen].map((t) => expected.get(row)?.y[t] ?? Number.NaN)));
  });

  it("may be asked for while others are being read", async () => {
    await prepare("train");
    if (chunked) await rewriteInChunks();
    await using store = await openRowStore(data, { residentBytes });
    const rowsFrom = (first: number) => Array.from({ length: 120 }, (_, at) => (at * 7 + first) % 50);
    const asked = Array.from({ length: 12 }, (_, first) => rowsFrom(first));
    const together = await Promise.all(asked.map((rows) => read(store, rows)));
    const alone = [];
    for (const rows of asked) alone.push(await read(store, rows));
    expect(together).toEqual(alone);
  });
});

it("names the rows of splits and cohorts as the dataset does", async () => {
  await prepare("train");
  await using dataset = await openDataset(data);
  await using store = await openRowStore(data);
  for (const split of splits) {
    expect(store.cohortsOf(split)).toEqual(["a", "b"]);
    const ofCohorts = ["a", "b"].map((cohort) => [...store.rowsOf(split, cohort)]);
    expect(ofCohorts.flat()).toEqual([...store.rowsOf(split)]);
    expect(ofCohorts[0]?.every((row) => row < 30)).toBe(true);
    expect(ofCohorts[1]?.every((row) => row >= 30)).toBe(true);
    expect(store.rowsOf(split)).toHaveLength(dataset.sampleCount(split));
    expect(store.rowsOf(split, "c")).toHaveLength(0);
    const blocks = [];
    for await (const block of dataset.blocks({ split, units: "z", cohort: "b" })) blocks.push(...block.sampleIndices);
    expect(blocks).toEqual(ofCohorts[1]);
  }
});

it("works in a thread that knows the directory only", async () => {
  await prepare("train");
  const module = new URL("../../../dist/train/rows/row-store.js", import.meta.url).href;
  const program = `
    const { parentPort, workerData } = await import("node:worker_threads");
    const { openRowStore } = await import(workerData.module);
    const store = await openRowStore(workerData.data, { residentBytes: 0 });
    const into = { x: new Float32Array(2 * store.landmarks), y: new Float32Array(2 * store.targets) };
    await store.read(Int32Array.of(41, 2), into);
    await store[Symbol.asyncDispose]();
    parentPort.postMessage(into);`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  const worker = new Worker(url, { workerData: { module, data }, execArgv: [] });
  const got = await new Promise<{ x: Float32Array; y: Float32Array }>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await using store = await openRowStore(data);
  expect({ x: [...got.x], y: [...got.y] }).toEqual(await read(store, [41, 2]));
});

describe("what does not fit", () => {
  it("is a row or a buffer out of range", async () => {
    await prepare("train");
    await using store = await openRowStore(data);
    await expect(read(store, [0, 50])).rejects.toMatchObject({
      tag: "internal",
      message: expect.stringMatching(/no such row.*0 to 49.*50/),
    });
    const small = { x: new Float32Array(landmarks), y: new Float32Array(2 * targets) };
    await expect(store.read(Int32Array.of(1, 2), small)).rejects.toMatchObject({
      message: expect.stringMatching(/too small.*: x/),
    });
    const opening = openRowStore(data, { targets: Int32Array.of(12) });
    await expect(opening).rejects.toMatchObject({ tag: "internal", message: expect.stringMatching(/no such target/) });
  });
  it("is a file that is cut short while it is read; rows before the cut are still there", async () => {
    await prepare("train");
    await using store = await openRowStore(data, { residentBytes: 0 });
    const before = await read(store, [0, 1]);
    const path = join(data, "expression.gctx");
    await truncate(path, (await stat(path)).size - 40 * genes * 4 + 20);
    const every = Array.from({ length: 150 }, (_, at) => at % 50);
    await expect(read(store, every)).rejects.toMatchObject({
      tag: "bad-data",
      message: expect.stringMatching(/ends before its matrix/),
    });
    expect(await read(store, [0, 1])).toEqual(before);
  });
  it("is a directory without a dataset", async () => {
    await expect(openRowStore(join(folder, "none"))).rejects.toMatchObject({ tag: "no-input" });
  });
});
