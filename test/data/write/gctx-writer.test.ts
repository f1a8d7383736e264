import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holdsGctx, writeGctx } from "../../../data/node/gctx-writer.ts";
import { RowFile } from "../../../data/node/row-file.ts";
import { Random } from "../../../data/random.ts";
import type { Block } from "../../../data/source.ts";
import { gctxLayout } from "../../../data/write/gctx-layout.ts";
import { axis, blocksOf, numbered, readWithHdf5, temporaryFolder } from "./matrix.ts";

const content = (samples: number, genes: number) => ({
  genes: axis(numbered("g", genes)),
  samples: axis(numbered("s", samples), { study: numbered("ST", samples) }),
  attributes: {},
});

describe("a GCTX file written by position", () => {
  test("is valid as soon as it is created: rows not written yet read as 0", async () => {
    const path = join(await temporaryFolder(), "a.gctx");
    const layout = gctxLayout(content(5, 3));
    await using file = await RowFile.create(path, layout);
    await file.writeRows(3, [{ values: Float32Array.of(1, 2, 3), columns: 3 }], 1);
    const { shape, values, col } = await readWithHdf5(path);
    expect(shape).toEqual([5, 3]);
    expect([...values]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0]);
    expect(col["study"]).toEqual(numbered("ST", 5));
  });

  test("has the same bytes whatever the order of rows and the number of parts", async () => {
    const folder = await temporaryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          samples: fc.integer({ min: 1, max: 1500 }),
          widths: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
          blockRows: fc.integer({ min: 1, max: 700 }),
          seed: fc.integer(),
        }),
        async ({ samples, widths, blockRows, seed }) => {
          const genes = widths.reduce((sum, width) => sum + width, 0);
          const values = Float32Array.from({ length: samples * genes }, (_, i) => i + 1);
          const layout = gctxLayout(content(samples, genes));
          const path = join(folder, `${run++}.gctx`);
          const starts = Int32Array.from({ length: Math.ceil(samples / blockRows) }, (_, i) => i * blockRows);
          new Random(seed).shuffle(starts);
          await (await RowFile.create(path, layout)).close();
          for (const start of starts) {
            const rows = Math.min(blockRows, samples - start);
            let first = 0;
            const parts = widths.map((columns) => {
              const part = Float32Array.from({ length: rows * columns }, (_, i) => {
                const gene = first + (i % columns);
                return values[(start + Math.floor(i / columns)) * genes + gene] ?? Number.NaN;
              });
              first += columns;
              return { values: part, columns };
            });
            await using file = await RowFile.reopen(path, layout);
            await file.writeRows(start, parts, rows);
            await file.sync();
          }
          const bytes = await readFile(path);
          expect(bytes).toHaveLength(layout.totalBytes);
          expect(bytes.subarray(0, layout.matrixOffset).equals(layout.header)).toBe(true);
          expect(bytes.subarray(layout.matrixOffset).equals(new Uint8Array(values.buffer))).toBe(true);
        },
      ),
      { numRuns: 25, seed: 3 },
    );
  });

  test("takes parts that are views into larger buffers", async () => {
    const path = join(await temporaryFolder(), "a.gctx");
    const large = Float32Array.from({ length: 20 }, (_, i) => i);
    await using file = await RowFile.create(path, gctxLayout(content(2, 3)));
    const parts = [
      { values: large.subarray(4, 6), columns: 1 },
      { values: large.subarray(10), columns: 2 },
    ];
    await file.writeRows(0, parts, 2);
    expect([...(await readWithHdf5(path)).values]).toEqual([4, 10, 11, 5, 12, 13]);
  });

  test("receives reserved columns in pieces, of their own type only", async () => {
    const path = join(await temporaryFolder(), "a.gctx");
    const reserved = [
      { name: "lf_ood", type: "float32", axis: "samples" },
      { name: "lf_missing_landmarks", type: "int32", axis: "samples" },
    ] as const;
    await using file = await RowFile.create(path, gctxLayout({ ...content(4, 2), reserved }));
    await file.writeColumn("lf_ood", 2, Float32Array.of(0.5, 0.25));
    await file.writeColumn("lf_missing_landmarks", 1, Int32Array.of(7, 8));
    const { col } = await readWithHdf5(path);
    expect(col["lf_ood"]).toEqual([0, 0, 0.5, 0.25]);
    expect(col["lf_missing_landmarks"]).toEqual([0, 7, 8, 0]);
    expect(col["study"]).toEqual(numbered("ST", 4));
    await expect(file.writeColumn("lf_ood", 0, Int32Array.of(1))).rejects.toThrow(TypeError);
    await expect(file.writeColumn("lf_ood", 3, Float32Array.of(1, 2))).rejects.toThrow(RangeError);
    await expect(file.writeColumn("study", 0, Float32Array.of(1))).rejects.toThrow(RangeError);
  });

  test("refuses rows outside the matrix, of another width, or fewer than promised", async () => {
    const path = join(await temporaryFolder(), "a.gctx");
    await using file = await RowFile.create(path, gctxLayout(content(4, 2)));
    const before = await readFile(path);
    const values = new Float32Array(4).fill(1);
    await expect(file.writeRows(3, [{ values, columns: 2 }], 2)).rejects.toThrow(RangeError);
    await expect(file.writeRows(-1, [{ values, columns: 2 }], 2)).rejects.toThrow(RangeError);
    await expect(file.writeRows(0, [{ values, columns: 1 }], 2)).rejects.toThrow(RangeError);
    await expect(file.writeRows(0, [{ values, columns: 2 }], 3)).rejects.toThrow(RangeError);
    expect(await readFile(path)).toEqual(before);
  });

  test("is reopened only when it is the file that was begun", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "a.gctx");
    await (await RowFile.create(path, gctxLayout(content(4, 2)))).close();
    const other = { tag: "other-plan", message: expect.stringContaining(path) };
    await expect(RowFile.reopen(path, gctxLayout(content(5, 2)))).rejects.toMatchObject(other);
    await expect(RowFile.reopen(join(folder, "none.gctx"), gctxLayout(content(4, 2)))).rejects.toMatchObject({
      tag: "cannot-create",
    });
  });

  test.skipIf(!existsSync("/dev/full"))("says so when the disk is full", async () => {
    const full = RowFile.create("/dev/full", gctxLayout(content(4, 2)));
    await expect(full).rejects.toMatchObject({
      tag: "cannot-create",
      message: expect.stringContaining("Free some space"),
    });
  });
});

describe("a whole GCTX file", () => {
  const values = Float32Array.from({ length: 7 * 3 }, (_, i) => i);

  test("appears whole, with progress over its profiles, and tells what was brought to ASCII", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "a.gctx");
    const done: number[] = [];
    const samples = axis(numbered("s", 7), { dose: Array.from({ length: 7 }, () => "1 µM") });
    const report = await writeGctx(path, {
      ...content(7, 3),
      samples,
      blocks: blocksOf(values, 3, 4),
      onProgress: (progress) => done.push(progress.done),
    });
    expect(report).toEqual({ outcome: "written", notes: ["7 ids and metadata cells were brought to ASCII"] });
    expect(done).toEqual([4, 7]);
    expect((await readWithHdf5(path)).values).toEqual(values);
    expect(await readdir(folder)).toEqual(["a.gctx"]);
  });

  test("leaves nothing behind when its blocks fail, end early, skip rows or are cancelled", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "a.gctx");
    const [first, second] = [...blocksOf(values, 3, 4)] as [Block, Block];
    const failing = function* (): Generator<Block> {
      yield first;
      throw new Error("source broke");
    };
    const stop = new AbortController();
    const stopping = function* (): Generator<Block> {
      yield first;
      stop.abort();
      yield second;
    };
    const write = (blocks: Iterable<Block>) => writeGctx(path, { ...content(7, 3), blocks, signal: stop.signal });
    await expect(write(failing())).rejects.toThrow("source broke");
    await expect(write([first])).rejects.toMatchObject({
      tag: "bad-data",
      message: expect.stringContaining("got 4 rows"),
    });
    await expect(write([second])).rejects.toThrow(RangeError);
    await expect(write(stopping())).rejects.toMatchObject({
      tag: "cancelled",
      message: expect.stringMatching(/a\.gctx:/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test("is not there when the process was killed before the last block", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "a.gctx");
    const module = resolve("dist/data/node/gctx-writer.js");
    const script = `
      const { writeGctx } = await import(${JSON.stringify(module)});
      const axis = (ids) => ({ ids, fields: new Map() });
      const row = (start) => ({ start, rows: 1, values: Float32Array.of(1) });
      const blocks = (function* () { yield row(0); process.kill(process.pid, "SIGKILL"); yield row(1); })();
      await writeGctx(${JSON.stringify(path)}, { genes: axis(["g"]), samples: axis(["a", "b"]), attributes: {}, blocks });`;
    const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    expect(signal).toBe("SIGKILL");
    const left = await readdir(folder);
    expect(left).not.toContain("a.gctx");
    expect(left).toHaveLength(1);
  });

  test("is recognised by its header and length", async () => {
    const path = join(await temporaryFolder(), "a.gctx");
    expect(await holdsGctx(path, content(7, 3))).toBe(false);
    await writeGctx(path, { ...content(7, 3), blocks: blocksOf(values, 3, 4) });
    expect(await holdsGctx(path, content(7, 3))).toBe(true);
    expect(await holdsGctx(path, { ...content(7, 3), attributes: { lf_model: "other" } })).toBe(false);
    await writeFile(path, (await readFile(path)).subarray(0, (await stat(path)).size - 1));
    expect(await holdsGctx(path, content(7, 3))).toBe(false);
  });
});
