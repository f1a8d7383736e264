import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { sniff } from "../../../data/read/sniff.ts";
import { gzipped, MemorySource, refusal } from "./memory-source.ts";

const hdf5 = Uint8Array.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0]);
const found = (label: string, content: string | Uint8Array) => sniff(new MemorySource(label, content));

test.each([
  ["a.gct", "#1.3\n1\t1\t0\t0\nid\ts\ng\t1\n", "gct"],
  ["a.gct", "\uFEFF#1.2\t\t\r\n1\t1\r\n", "gct"],
  ["a.tsv", "id\ts,1\ts 2\n", "tsv"],
  ["a.csv", "id,s1\n", "csv"],
  ["a.txt", "id\ts1\n", "tsv"],
  ["a.gctx", hdf5, "gctx"],
])("%s that begins with %j is %s", async (label, content, format) => {
  expect(await found(label, content)).toEqual({ format, gzip: false, warnings: [] });
});

test("HDF5 behind a user block is found at 512, 1024, 2048, …", async () => {
  for (const offset of [512, 1024, 4096]) {
    const content = new Uint8Array(offset + 100);
    content.set(new TextEncoder().encode("MATLAB 7.3 MAT-file\tor other text\n"));
    content.set(hdf5, offset);
    expect((await found("a.gctx", content)).format).toBe("gctx");
  }
});

test("gzip is looked into", async () => {
  expect(await found("a.tsv.gz", gzipped("id\ts1\n"))).toEqual({ format: "tsv", gzip: true, warnings: [] });
});

test("a name that promises another format is told, not refused", async () => {
  const warnings = async (label: string, content: string | Uint8Array) => (await found(label, content)).warnings;
  expect(await warnings("a.gctx", "#1.3\n1\t1\t0\t0\n")).toEqual(["named .gctx but holds GCT text"]);
  expect(await warnings("a.csv", "id\ts\n")).toEqual(["named .csv but holds tab-separated text"]);
  expect(await warnings("a.tsv", gzipped("id\ts\n"))).toEqual(["gzipped, though not named .gz"]);
  expect(await warnings("a.CSV.gz", "id\ts\n")).toEqual([
    "named .gz but not gzipped",
    "named .csv but holds tab-separated text",
  ]);
});

test.each([
  ["empty", "", /the file is empty/],
  ["binary", Uint8Array.from({ length: 300 }, (_, i) => i % 256), /no expression matrix .*got binary data/],
  ["Excel", Uint8Array.from([0x50, 0x4b, 3, 4, 20, 0]), /got a zip or Excel file\). Unpack it, or save the sheet/],
  ["NumPy", "\x93NUMPY", /the file is no table/],
  ["UTF-16", Uint8Array.from([0xff, 0xfe, 0x69, 0]), /got UTF-16 text\)\. Save it as UTF-8/],
  ["one column", "TP53\nGAPDH\n", /no table .*line 1|line 1: the file is no table/],
  ["gzip of nothing", new Uint8Array(gzipSync("")), /the gzip file holds nothing/],
  ["gzip of HDF5", new Uint8Array(gzipSync(hdf5)), /HDF5 cannot be read inside gzip.*gunzip/],
  ["damaged gzip", gzipped("id\ts\n").fill(0xff, 10), /the gzip stream is damaged or cut short/],
])("%s is refused", async (_, content, message) => {
  const answer = await refusal(found("x.tsv", content));
  expect(answer).toMatch(/^bad-data: x\.tsv/);
  expect(answer).toMatch(message);
});

test("only the head of a large file is read", async () => {
  const source = new MemorySource("big.tsv", `id\ts1\n${"g\t1\n".repeat(500_000)}`);
  await sniff(source);
  expect(source.bytesRead).toBeLessThan(70_000);
});

test("only the head of a large gzipped file is unpacked, and its stream is closed", async () => {
  const noise = Array.from({ length: 100_000 }, (_, i) => `g${i}\t${Math.sin(i)}\n`);
  const source = new MemorySource("big.tsv.gz", gzipped(`id\ts1\n${noise.join("")}`));
  expect(source.bytes).toBeGreaterThan(1_000_000);
  await sniff(source);
  expect(source.bytesRead).toBeLessThan(200_000);
  expect(source.openStreams).toBe(0);
});
