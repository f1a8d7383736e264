import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import * as h5wasm from "h5wasm/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Column, type Golden, plain, version, writeGolden } from "./golden-gctx.ts";
import { refusal, rowsOf } from "./memory-source.ts";
import { openTemporarily } from "./open-temporarily.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-gctx-"));
});
afterAll(() => rm(folder, { recursive: true }));

const open = async (golden: Golden) => openTemporarily(await writeGolden(folder, golden));
const values = [
  [1, 2, 3],
  [4, 5, 6],
];

test("the plain file: ids, shape, values, nothing to remark", async () => {
  const source = await open(plain);
  expect(source.format).toBe("gctx");
  expect(source.label).toBe("golden.gctx");
  expect(source.genes.ids).toEqual(["g1", "g2", "g3"]);
  expect(source.samples.ids).toEqual(["s1", "s2"]);
  expect(source.warnings).toEqual([]);
  expect(await rowsOf(source)).toEqual(values);
});

const chunked = { chunks: [1, 2], maxshape: [2, 3] };
const numbers = [1, 2, 3, 4, 5, 6];
test.each<[string, Column]>([
  ["float64", { data: Float64Array.from(numbers), shape: [2, 3] }],
  ["int32", { data: Int32Array.from(numbers), shape: [2, 3] }],
  ["int64", { data: BigInt64Array.from(numbers, BigInt), shape: [2, 3] }],
  ["uint8", { data: Uint8Array.from(numbers), shape: [2, 3] }],
  ["chunked float32", { data: Float32Array.from(numbers), shape: [2, 3], ...chunked }],
  [
    "gzipped float64",
    { data: Float64Array.from(numbers), shape: [2, 3], ...chunked, compression: "gzip", compression_opts: 6 },
  ],
])("a matrix of %s", async (_, matrix) => {
  const source = await open({ ...plain, matrix });
  expect(await rowsOf(source)).toEqual(values);
  expect(await rowsOf(source, { start: 1, blockRows: 1 })).toEqual([values[1]]);
});

test("float64 is rounded to the nearest float32", async () => {
  const matrix = { data: Float64Array.of(0.1, 1e-50, -2.7, 0, 1 / 3, 5), shape: [2, 3] };
  const source = await open({ ...plain, matrix });
  expect((await rowsOf(source)).flat()).toEqual([...Float32Array.from(matrix.data)]);
});

test.each<[string, NonNullable<Golden["genes"]>, string[]]>([
  ["variable-length strings", { id: { data: ["g", "längere id", ""] } }, ["g", "längere id", ""]],
  ["variable-length ASCII strings", { id: { data: ["g", "h", "i"], dtype: "A" } }, ["g", "h", "i"]],
  ["strings filled with blanks", { id: { data: ["g   ", "hh  ", "a b "], dtype: "A4" } }, ["g", "hh", "a b"]],
  ["strings filled with NULs", { id: { data: ["g", "hh", "iiii"], dtype: "A9" } }, ["g", "hh", "iiii"]],
  ["integers", { id: { data: Int32Array.of(7157, 60, -1) } }, ["7157", "60", "-1"]],
  [
    "integers beyond 2^53",
    { id: { data: BigInt64Array.of(9007199254740993n, 1n, 2n) } },
    ["9007199254740993", "1", "2"],
  ],
  ["floats", { id: { data: Float64Array.of(7157, 60, 1.5) } }, ["7157", "60", "1.5"]],
  [
    "gzipped strings",
    { id: { data: ["a", "b", "c"], dtype: "A3", chunks: [3], compression: "gzip" } },
    ["a", "b", "c"],
  ],
])("ids as %s", async (_, genes, ids) => {
  const source = await open({ ...plain, genes });
  expect(source.genes.ids).toEqual(ids);
});

test("metadata: text and numbers, with -666 and NaN missing in either", async () => {
  const genes = {
    ...plain.genes,
    symbol: { data: ["TP53", "-666", "NA"], dtype: "A4" },
    note: { data: ["NaN", "x", ""] },
    mae: { data: Float64Array.of(0.5, -666, Number.NaN) },
    is_lm: { data: Int32Array.of(1, 0, -666) },
  };
  const source = await open({ ...plain, genes });
  expect(Object.fromEntries(source.genes.fields)).toEqual({
    symbol: ["TP53", "", "NA"],
    note: ["", "x", ""],
    mae: Float64Array.of(0.5, Number.NaN, Number.NaN),
    is_lm: Float64Array.of(1, 0, Number.NaN),
  });
  expect(source.samples.fields.size).toBe(0);
});

test("-666 and NaN in the matrix are missing values", async () => {
  const matrix = { data: Float64Array.of(1, -666, Number.NaN, 4, 5, 6), shape: [2, 3] };
  const source = await open({ ...plain, matrix });
  expect(await rowsOf(source)).toEqual([
    [1, Number.NaN, Number.NaN],
    [4, 5, 6],
  ]);
});

test("bytes that are no UTF-8 are read as Latin-1", async () => {
  const path = await writeGolden(folder, {
    ...plain,
    samples: { ...plain.samples, dose: { data: ["10 ?M", "1 ?M"], dtype: "A5" } },
  });
  const bytes = await readFile(path);
  bytes[bytes.indexOf("10 ?M") + 3] = 0xb5;
  bytes[bytes.indexOf("1 ?M") + 2] = 0xb5;
  await writeFile(path, bytes);
  const source = await openTemporarily(path);
  expect(source.samples.fields.get("dose")).toEqual(["10 µM", "1 µM"]);
});

test("`version` may be a list, and its absence is told", async () => {
  const list = (file: h5wasm.File) => file.create_attribute("version", ["GCTX1.0"], [1], "S8");
  const listed = await open({ ...plain, attributes: list });
  expect(listed.warnings).toEqual([]);
  const { attributes: _, ...bare } = plain;
  const without = await open(bare);
  expect(without.warnings).toEqual(["the attribute `version` is missing; read as GCTX1.0"]);
  const newer = (file: h5wasm.File) => file.create_attribute("version", "GCTX2.0", null, "S7");
  const other = await open({ ...plain, attributes: newer });
  expect(other.warnings).toEqual(["version GCTX2.0 is read as GCTX1.0"]);
});

test("a field that is no list is left out and told", async () => {
  const genes = { ...plain.genes, pairs: { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] } };
  const source = await open({ ...plain, genes });
  expect(source.genes.fields.size).toBe(0);
  expect(source.warnings).toEqual(["/0/META/ROW/pairs is not a list of texts or numbers; it is left out"]);
});

test("any block size gives the same rows, chunked or not", async () => {
  const data = Float32Array.from({ length: 41 * 7 }, (_, i) => i / 8);
  const genes = { id: { data: Array.from({ length: 7 }, (_, i) => `g${i}`) } };
  const samples = { id: { data: Array.from({ length: 41 }, (_, i) => `s${i}`) } };
  const expected = Array.from({ length: 41 }, (_, row) => [...data.subarray(row * 7, row * 7 + 7)]);
  for (const layout of [{}, { chunks: [8, 3], compression: "gzip" as const }]) {
    const source = await open({
      matrix: { data, shape: [41, 7], ...layout },
      genes,
      samples,
      attributes: version,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), fc.nat(41), async (blockRows, start) => {
        expect(await rowsOf(source, { blockRows, start })).toEqual(expected.slice(start));
      }),
      { numRuns: 30, seed: 6 },
    );
  }
});

test("repeated gene ids are read, repeated sample ids refused by name", async () => {
  const source = await open({ ...plain, genes: { id: { data: ["g", "g", "h"], dtype: "A1" } } });
  expect(source.genes.ids).toEqual(["g", "g", "h"]);
  const twice = open({ ...plain, samples: { id: { data: ["s", "s"], dtype: "A1" } } });
  expect(await refusal(twice)).toContain('bad-data: golden.gctx: sample ids are not unique: "s"');
});

test("ids that do not fit the matrix are counted, the first one missing or too many is named", async () => {
  const genes = { id: { data: ["g1", "g2"], dtype: "A2" } };
  const samples = { id: { data: ["s1", "s2", "s3"], dtype: "A2" } };
  const answer = await refusal(open({ ...plain, genes, samples }));
  expect(answer).toContain("/0/META/ROW/id: expected 3 ids, got 2; no id for gene 3");
  expect(answer).toContain('/0/META/COL/id: expected 2 ids, got 3; no values for "s3"');
});

test("a turned matrix is recognised", async () => {
  const matrix = { data: Float32Array.from(numbers), shape: [3, 2] };
  expect(await refusal(open({ ...plain, matrix }))).toContain("The matrix is turned");
});

test.each<[string, Golden, RegExp]>([
  [
    "a field of another length",
    { ...plain, genes: { ...plain.genes, x: { data: ["a", "b"], dtype: "A1" } } },
    /META\/ROW\/x: a metadata field .*expected 3 entries, got 2/,
  ],
  [
    "no ids",
    { ...plain, samples: {} },
    /HDF5 but not GCTX: it lacks \/0\/META\/COL\/id \(got a file with 0 at the top\)/,
  ],
  ["a matrix of texts", { ...plain, matrix: { data: ["a", "b"], shape: [1, 2] } }, /the matrix is no table of numbers/],
  ["a list as matrix", { ...plain, matrix: { data: Float32Array.of(1, 2) } }, /two dimensions .*got 1 dimensions/],
])("%s is refused", async (_, golden, message) => {
  expect(await refusal(open(golden))).toMatch(message);
});

test("HDF5 of another kind is refused with what it holds", async () => {
  await h5wasm.ready;
  const path = join(folder, "cells.h5ad");
  const file = new h5wasm.File(path, "w");
  for (const name of ["X", "obs", "var"]) file.create_group(name);
  file.close();
  expect(await refusal(openTemporarily(path))).toMatch(/not GCTX: it lacks .*got a file with X, obs, var at the top/);
});

test("a file cut short anywhere is refused", async () => {
  const data = Float32Array.from({ length: 500 * 20 }, (_, i) => i);
  const ids = (prefix: string, length: number) => ({ id: { data: Array.from({ length }, (_, i) => prefix + i) } });
  const path = await writeGolden(folder, {
    matrix: { data, shape: [500, 20] },
    genes: ids("g", 20),
    samples: ids("s", 500),
  });
  const whole = await readFile(path);
  // One of the values in the middle of the matrix.
  const middle = whole.indexOf(Buffer.from(Float32Array.of(5000).buffer));
  expect(middle).toBeGreaterThan(0);
  const cut = join(folder, "cut.gctx");
  for (const length of [8, 60, 500, 2000, middle, whole.length - 1]) {
    await writeFile(cut, whole.subarray(0, length));
    const answer = await refusal(openTemporarily(cut));
    expect(answer).toMatch(/^bad-data: cut\.gctx: HDF5 cannot read the file \(got .*\)\. Copy or download/);
    expect(answer).not.toContain("HDF5-DIAG");
  }
  expect(await refusal(openTemporarily(cut))).toContain(`got truncated file: eof = ${whole.length - 1}, `);
});

test("a chunk that is damaged is refused by its rows, not read as garbage", async () => {
  const data = Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i));
  const ids = (prefix: string) => ({ id: { data: Array.from({ length: 64 }, (_, i) => prefix + i) } });
  const matrix = { data, shape: [64, 64], chunks: [64, 64], compression: "gzip" as const };
  const path = await writeGolden(folder, { matrix, genes: ids("g"), samples: ids("s"), attributes: version });
  const bytes = await readFile(path);
  const zlibHeader = bytes.indexOf(Buffer.of(0x78, 0x5e));
  expect(zlibHeader).toBeGreaterThan(0);
  bytes.fill(0xff, zlibHeader + 50, zlibHeader + 200);
  await writeFile(path, bytes);
  const source = await openTemporarily(path);
  expect(await refusal(rowsOf(source))).toMatch(
    /^bad-data: golden\.gctx, \/0\/DATA\/0\/matrix, rows 0 to 64: HDF5 cannot read/,
  );
});

test("cancelling stops between blocks", async () => {
  const source = await open(plain);
  expect(await refusal(rowsOf(source, { signal: AbortSignal.abort() }))).toBe(
    "cancelled: golden.gctx: reading was cancelled",
  );
});
