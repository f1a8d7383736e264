import { mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import { RowFile } from "../../../data/node/row-file.ts";
import { writeExpression } from "../../../data/node/write.ts";
import type { ExpressionSource } from "../../../data/source.ts";
import { arrowLayout } from "../../../data/write/arrow-layout.ts";
import { axis, memorySource, numbered, temporaryFolder } from "./matrix.ts";

async function readAll(source: ExpressionSource, blockRows?: number): Promise<Float32Array> {
  const genes = source.genes.ids.length;
  const all = new Float32Array(genes * source.samples.ids.length);
  const range = blockRows === undefined ? {} : { blockRows };
  for await (const { start, values } of source.blocks(range)) all.set(values, start * genes);
  return all;
}

const small = (values = Float32Array.of(1.5, Number.NaN, -3, 0.1, 1e-7, 12.345)) => ({
  ...memorySource(
    axis(["TP53", "MYC", "EGFR"], { symbol: ["TP53", "", "µ"], lf_mae: Float64Array.of(0.25, Number.NaN, 1) }),
    axis(["s,1", "s 2"], {
      study: ['the "other", one', ""],
      age: Float64Array.of(41.5, Number.NaN),
      batch: Float64Array.of(1, -2),
    }),
    values,
  ),
  attributes: { lf_model: "small", lf_scale: "log2" },
});

describe.each(["arrow", "zarr"])("a matrix written as %s", (extension) => {
  test("comes back with the same ids and the same float32 values, to the bit, in blocks of any size", async () => {
    const folder = await temporaryFolder();
    let run = 0;
    const value = fc.float({ noDefaultInfinity: true }).filter((v) => v !== -666);
    await fc.assert(
      fc.asyncProperty(
        fc.record({ samples: fc.integer({ min: 1, max: 90 }), genes: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ blockRows: fc.integer({ min: 1, max: 99 }), shardRows: fc.integer({ min: 1, max: 99 }) }),
        fc.infiniteStream(value),
        async ({ samples, genes }, { blockRows, shardRows }, stream) => {
          const values = Float32Array.from(stream.take(samples * genes));
          const path = join(folder, `${run++}.${extension}`);
          const written = memorySource(axis(numbered("g", genes)), axis(numbered("s", samples)), values);
          await writeExpression(path, written, { shardRows });
          await using read = await openExpression(path);
          expect(read.format).toBe(extension);
          expect(read.warnings).toEqual([]);
          expect(read.genes.ids).toEqual(written.genes.ids);
          expect(read.samples.ids).toEqual(written.samples.ids);
          expect(await readAll(read, blockRows)).toEqual(values);
        },
      ),
      { numRuns: 25, seed: 5 },
    );
  });

  test("keeps all metadata in order, missing cells, attributes and characters beyond ASCII", async () => {
    const path = join(await temporaryFolder(), `a.${extension}`);
    const source = small();
    expect(await writeExpression(path, source)).toEqual({ outcome: "written", notes: [] });
    await using read = await openExpression(path);
    expect([...read.genes.fields]).toEqual([...source.genes.fields]);
    expect([...read.samples.fields]).toEqual([...source.samples.fields]);
    expect(read.attributes).toEqual({ ...source.attributes, src: "memory.gctx" });
  });

  test("is half as large in float16 and rounded on request, and says both of itself", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, `half.${extension}`);
    await writeExpression(path, small(), { storage: "float16", round: 1 });
    await using read = await openExpression(path);
    const expected = [1.5, Number.NaN, -3, 0.099_975_585_937_5, 0, 12.296_875];
    expect([...(await readAll(read))]).toEqual(expected);
    expect(read.attributes).toMatchObject({ lf_storage: "float16", lf_round: "1" });
    const large = writeExpression(join(folder, `large.${extension}`), small(Float32Array.of(1, 2, 3, 4, 5, 7e4)), {
      storage: "float16",
    });
    await expect(large).rejects.toMatchObject({ tag: "bad-data", message: expect.stringContaining("too large") });
    expect(await readdir(folder)).toEqual([`half.${extension}`]);
  });

  test("is kept when it is the same, refused when it is another, replaced when told so", async () => {
    const path = join(await temporaryFolder(), `a.${extension}`);
    const other = () => small(new Float32Array(6));
    expect((await writeExpression(path, small(), { existing: "keep" })).outcome).toBe("written");
    expect((await writeExpression(path, small(), { existing: "keep" })).outcome).toBe("unchanged");
    await expect(writeExpression(path, other(), { existing: "keep" })).rejects.toMatchObject({ tag: "other-plan" });
    await expect(writeExpression(path, other(), { existing: "refuse" })).rejects.toMatchObject({ tag: "other-plan" });
    expect((await writeExpression(path, other())).outcome).toBe("written");
    await using read = await openExpression(path);
    expect([...(await readAll(read))]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("refuses repeated and empty ids, and field names that are none", async () => {
    const path = join(await temporaryFolder(), `a.${extension}`);
    const write = (genes: string[], fields = {}) =>
      writeExpression(path, memorySource(axis(genes), axis(["s"], fields), new Float32Array(2)));
    const refused = (what: string) => ({ tag: "bad-data", message: expect.stringContaining(what) });
    await expect(write(["g", "g"])).rejects.toMatchObject(refused("more than once"));
    await expect(write(["g", ""])).rejects.toMatchObject(refused("id 2 is empty"));
    await expect(write(["a", "b"], { "..": ["x"] })).rejects.toMatchObject(refused('".." is no name'));
    await expect(write(["a", "b"], { "x/y": ["x"], "x|y": ["z"] })).rejects.toMatchObject(refused("there twice"));
  });
});

describe("an Arrow file", () => {
  const content = (samples: number) => ({
    genes: axis(numbered("g", 3)),
    samples: axis(numbered("s", samples), { study: numbered("ST", samples) }),
    attributes: {},
    reserved: [{ name: "lf_ood", type: "float32", axis: "samples" }] as const,
  });

  test("written by position across its record batches is whole whatever the order of rows", async () => {
    const path = join(await temporaryFolder(), "a.arrow");
    const layout = arrowLayout(content(10), 4);
    const values = Float32Array.from({ length: 30 }, (_, i) => i);
    await (await RowFile.create(path, layout)).close();
    await using file = await RowFile.reopen(path, layout);
    for (const [start, end] of [
      [5, 10],
      [0, 5],
    ] as const) {
      const parts = [{ values: values.subarray(3 * start, 3 * end), columns: 3 }];
      const ood = Float32Array.from({ length: end - start }, (_, i) => start + i);
      await file.writeBlock({ start, rows: end - start, parts, columns: new Map([["lf_ood", ood]]) });
    }
    await using read = await openExpression(path);
    expect(await readAll(read, 3)).toEqual(values);
    expect(read.samples.fields.get("lf_ood")).toEqual(Float64Array.from({ length: 10 }, (_, i) => i));
    expect(read.samples.fields.get("study")).toEqual(numbered("ST", 10));
    await expect(RowFile.reopen(path, arrowLayout(content(9), 4))).rejects.toMatchObject({ tag: "other-plan" });
  });

  test("that is cut short or damaged is refused in words", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "a.arrow");
    await writeExpression(path, small());
    const bytes = await readFile(path);
    const refused = (what: string) => ({ tag: "bad-data", message: expect.stringContaining(what) });
    for (const end of [8, 100, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, end));
      await expect(openExpression(path)).rejects.toMatchObject(refused("damaged or cut short"));
    }
    const flipped = Buffer.from(bytes);
    flipped.fill(0xff, bytes.length - 300, bytes.length - 200);
    await writeFile(path, flipped);
    await expect(openExpression(path)).rejects.toMatchObject({ tag: "bad-data" });
  });
});

describe("a Zarr folder", () => {
  const written = async (): Promise<string> => {
    const path = join(await temporaryFolder(), "a.zarr");
    const values = Float32Array.from({ length: 30 }, (_, i) => i);
    await writeExpression(path, memorySource(axis(numbered("g", 3)), axis(numbered("s", 10)), values), {
      shardRows: 4,
    });
    return path;
  };

  test("has an object a shard, and a shard that is lost reads as missing", async () => {
    const path = await written();
    expect((await readdir(join(path, "matrix", "c"))).toSorted()).toEqual(["0", "1", "2"]);
    await rm(join(path, "matrix", "c", "1"), { recursive: true });
    await using read = await openExpression(path);
    const values = [...(await readAll(read))];
    expect(values.slice(0, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(values.slice(12, 24)).toEqual(Array.from({ length: 12 }, () => Number.NaN));
    expect(values.slice(24)).toEqual([24, 25, 26, 27, 28, 29]);
  });

  test("whose shard is cut short or has another checksum is refused, naming the shard", async () => {
    const path = await written();
    const shard = join(path, "matrix", "c", "1", "0");
    const bytes = await readFile(shard);
    const refused = { tag: "bad-data", message: expect.stringContaining("a.zarr, matrix/c/1/0") };
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 10] = 99;
    for (const damaged of [bytes.subarray(0, 10), bytes.subarray(0, bytes.length - 1), flipped]) {
      await writeFile(shard, damaged);
      await using read = await openExpression(path);
      await expect(readAll(read)).rejects.toMatchObject(refused);
    }
  });

  test("with codecs that are not read, or without a matrix, is refused in words", async () => {
    const path = await written();
    const file = join(path, "matrix", "zarr.json");
    const text = await readFile(file, "utf8");
    const refused = (what: string) => ({ tag: "bad-data", message: expect.stringContaining(what) });
    await writeFile(file, text.replaceAll('"little"', '"big"'));
    await expect(openExpression(path)).rejects.toMatchObject(refused("codec of Zarr is not read"));
    await writeFile(file, text.replace('"float32"', '"complex64"'));
    await expect(openExpression(path)).rejects.toMatchObject(refused("complex64"));
    await writeFile(file, text.slice(0, 50));
    await expect(openExpression(path)).rejects.toMatchObject(refused("not that of Zarr 3"));
    await rm(file);
    await expect(openExpression(path)).rejects.toMatchObject(refused("no expression file"));
  });

  test("does not replace a folder of something else", async () => {
    const path = join(await temporaryFolder(), "mine.zarr");
    await mkdir(path);
    await (await open(join(path, "thesis.txt"), "w")).close();
    await expect(writeExpression(path, small())).rejects.toMatchObject({ tag: "cannot-create" });
    expect(await readdir(path)).toEqual(["thesis.txt"]);
  });
});
