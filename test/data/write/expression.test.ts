import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import { writeExpression } from "../../../data/node/write.ts";
import type { ExpressionSource } from "../../../data/source.ts";
import { gctText } from "../../../data/write/gct.ts";
import { axis, memorySource, numbered, temporaryFolder } from "./matrix.ts";

const data = process.env["LANDFALL_DATA"] ?? "../shared/data";

async function readAll(source: ExpressionSource): Promise<Float32Array> {
  const genes = source.genes.ids.length;
  const all = new Float32Array(genes * source.samples.ids.length);
  for await (const { start, values } of source.blocks()) all.set(values, start * genes);
  return all;
}

const small = (values = Float32Array.of(1.5, Number.NaN, -3, 0.1, 1e-7, 12.345)) =>
  memorySource(
    axis(["TP53", "MYC", "EGFR"], { pr_gene_symbol: ["TP53", "", "EGFR"], lf_landmark: Float64Array.of(1, 0, 1) }),
    axis(["s,1", "s 2"], { age: Float64Array.of(41.5, Number.NaN), study: ["ST 1", 'the "other", one'] }),
    values,
  );

describe.each(["gctx", "gct", "gct.gz", "tsv", "tsv.gz", "csv", "csv.gz"])("a matrix written as %s", (extension) => {
  test("comes back with the same ids and the same float32 values, to the bit", async () => {
    const folder = await temporaryFolder();
    let run = 0;
    const value = fc.float({ noDefaultInfinity: true }).filter((v) => v !== -666);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 2, max: 12 }),
        fc.infiniteStream(value),
        async (samples, genes, stream) => {
          const values = Float32Array.from(stream.take(samples * genes));
          const path = join(folder, `${run++}.${extension}`);
          const written = memorySource(axis(numbered("g", genes)), axis(numbered("s", samples)), values);
          await writeExpression(path, written);
          await using read = await openExpression(path, { orientation: "samples" });
          expect(read.warnings).toEqual([]);
          expect(read.genes.ids).toEqual(written.genes.ids);
          expect(read.samples.ids).toEqual(written.samples.ids);
          expect(await readAll(read)).toEqual(values);
        },
      ),
      { numRuns: 25, seed: 5 },
    );
  });

  test("keeps the metadata that the format has a place for, and the rest in tables beside it", async () => {
    const path = join(await temporaryFolder(), `a.${extension}`);
    const source = small();
    const { notes, tables } = await writeExpression(path, source);
    await using read = await openExpression(path);
    expect(read.samples.ids).toEqual(["s,1", "s 2"]);
    expect(await readAll(read)).toEqual(await readAll(source));
    expect(read.samples.fields.get("study")).toEqual(["ST 1", 'the "other", one']);
    const table = /^[tc]sv/.test(extension);
    expect(notes).toEqual([]);
    expect(tables).toEqual(table ? [`${path}.genes.tsv`, `${path}.samples.tsv`] : undefined);
    const beside = [
      "id\tpr_gene_symbol\tlf_landmark\nTP53\tTP53\t1\nMYC\t\t0\nEGFR\tEGFR\t1\n",
      'id\tage\tstudy\ns,1\t41.5\tST 1\ns 2\t\tthe "other", one\n',
    ];
    const texts = await Promise.all((tables ?? []).map((file) => readFile(file, "utf8")));
    expect(texts).toEqual(table ? beside : []);
    expect(read.genes.fields.get("pr_gene_symbol")).toEqual(table ? undefined : ["TP53", "", "EGFR"]);
    const age = read.samples.fields.get("age") ?? [];
    expect([...age].map((cell) => Number(cell === "" ? Number.NaN : cell))).toEqual([41.5, Number.NaN]);
  });
});

test("GCT is 1.3, with cmapPy's marks for what is missing", async () => {
  const path = join(await temporaryFolder(), "a.gct");
  await writeExpression(path, small());
  const expected = [
    "#1.3",
    "3\t2\t2\t2",
    "id\tpr_gene_symbol\tlf_landmark\ts,1\ts 2",
    "age\t-666\t-666\t41.5\t-666",
    'study\t-666\t-666\tST 1\tthe "other", one',
    "TP53\tTP53\t1\t1.5\t0.1",
    "MYC\t-666\t0\tNaN\t1e-7",
    "EGFR\tEGFR\t1\t-3\t12.345",
  ];
  expect(await readFile(path, "utf8")).toBe(`${expected.join("\n")}\n`);
});

test("GCT is the same from panels of any width, each of which reads the matrix once", async () => {
  const whole = async (panels: { start: number; end: number }[]) => {
    const source = small();
    const { genes, samples } = source;
    let text = "";
    for await (const piece of gctText({ genes, samples, readBlocks: () => source.blocks() }, panels)) {
      text += new TextDecoder().decode(piece);
    }
    expect(source.readings()).toBe(panels.length);
    return text;
  };
  const one = await whole([{ start: 0, end: 3 }]);
  expect(
    await whole([
      { start: 0, end: 2 },
      { start: 2, end: 3 },
    ]),
  ).toBe(one);
});

test("CSV has samples in rows, and quotes where they are needed", async () => {
  const path = join(await temporaryFolder(), "a.csv.gz");
  await writeExpression(path, small());
  const expected = [
    "sample,age,study,TP53,MYC,EGFR",
    '"s,1",41.5,ST 1,1.5,NaN,-3',
    's 2,NaN,"the ""other"", one",0.1,1e-7,12.345',
  ];
  expect(gunzipSync(await readFile(path)).toString()).toBe(`${expected.join("\n")}\n`);
});

test("NPY has NumPy's header, then the rows, and ids beside it", async () => {
  const folder = await temporaryFolder();
  const values = Float32Array.of(1.5, Number.NaN, -3, 0.1, 1e-7, 12.345);
  const { notes } = await writeExpression(join(folder, "a.npy"), small(values));
  const bytes = await readFile(join(folder, "a.npy"));
  // The first 128 bytes that numpy.save writes for a (2, 3) '<f4' array.
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117);
  expect(bytes.subarray(0, 128).toString("latin1")).toBe(`\u0093NUMPY\u0001\0v\0${header}\n`);
  expect(bytes.subarray(128).equals(new Uint8Array(values.buffer))).toBe(true);
  expect(await readFile(join(folder, "a.genes.txt"), "utf8")).toBe("TP53\nMYC\nEGFR\n");
  expect(await readFile(join(folder, "a.samples.txt"), "utf8")).toBe("s,1\ns 2\n");
  const names = ["a.genes.txt", "a.npy", "a.npy.genes.tsv", "a.npy.samples.tsv", "a.samples.txt"];
  expect((await readdir(folder)).toSorted()).toEqual(names);
  expect(notes).toEqual([]);
});

test("nothing is left when the source fails or the writing is cancelled", async () => {
  const folder = await temporaryFolder();
  for (const name of ["a.gctx", "a.gct", "a.tsv", "a.csv.gz"]) {
    const broken: ExpressionSource = {
      ...small(),
      blocks: async function* () {
        yield { start: 0, rows: 1, values: new Float32Array(3) };
        await Promise.reject(new Error("source broke"));
      },
    };
    await expect(writeExpression(join(folder, name), broken)).rejects.toThrow("source broke");
    const cancelled = writeExpression(join(folder, name), small(), { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ tag: "cancelled" });
  }
  expect(await readdir(folder)).toEqual([]);
});

test("ids that a text table cannot hold are refused, not rewritten", async () => {
  const path = join(await temporaryFolder(), "a.tsv");
  const source = memorySource(axis(["a\tb"]), axis(["s"]), Float32Array.of(1));
  await expect(writeExpression(path, source)).rejects.toMatchObject({
    tag: "bad-data",
    message: expect.stringContaining("a\\tb"),
  });
});

test("a missing folder is told as such, for every format", async () => {
  const folder = await temporaryFolder();
  for (const extension of ["gctx", "gct", "tsv", "npy"]) {
    const failing = writeExpression(join(folder, "none", `a.${extension}`), small());
    await expect(failing).rejects.toMatchObject({ tag: "cannot-create", fault: { advice: "Create the folder first" } });
  }
});

test("a real L1000 plate survives GCT → GCTX → GCT with every value and field", async (context) => {
  const plate = join(data, "l1000/l1ktools/LJP009_A375_24H_X1_B20_QNORM_n371x978.gct");
  if (!existsSync(plate)) context.skip(`no ${plate}`);
  const folder = await temporaryFolder();
  await using first = await openExpression(plate);
  await writeExpression(join(folder, "a.gctx"), first);
  await using second = await openExpression(join(folder, "a.gctx"));
  await writeExpression(join(folder, "b.gct"), second);
  await using third = await openExpression(join(folder, "b.gct"));
  expect(third.genes).toEqual(first.genes);
  // The plate repeats its sample ids as a field `id`; the `id` dataset of GCTX holds them once.
  const fields = new Map(first.samples.fields);
  expect(fields.get("id")).toEqual(first.samples.ids);
  fields.delete("id");
  expect(third.samples).toEqual({ ids: first.samples.ids, fields });
  expect(Buffer.from((await readAll(third)).buffer).equals(Buffer.from((await readAll(first)).buffer))).toBe(true);
});
