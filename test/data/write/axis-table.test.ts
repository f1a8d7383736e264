import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { writeExpression } from "../../../data/node/write.ts";
import { parseAxisTable } from "../../../data/read/axis-table.ts";
import { axisTable, axisTablePaths, hasAxisTables } from "../../../data/write/axis-table.ts";
import { axis, memorySource, temporaryFolder } from "./matrix.ts";

const textOf = (pieces: Iterable<Uint8Array>): string =>
  Array.from(pieces, (piece) => new TextDecoder().decode(piece)).join("");

/** Text without what a cell cannot hold. */
const cell = fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll(/[\t\r\n]/g, ""));

test("a table reads back as the axis it was made of: text to the letter, numbers to the bit, missing ones empty", () => {
  const rows = fc.tuple(cell, cell, fc.oneof(fc.double(), fc.float(), fc.integer()));
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 40 }), (made) => {
      const ids = made.map(([id], row) => `${row}${id}`);
      const numbers = Float64Array.from(made, ([, , value]) => value);
      const written = axis(ids, { study: made.map(([, text]) => text), lf_ood: numbers });
      const read = parseAxisTable(textOf(axisTable(written)), "a.samples.tsv");
      expect(read.ids).toEqual(ids);
      expect(read.fields.get("study")).toEqual(written.fields.get("study"));
      const cells = read.fields.get("lf_ood") as readonly string[];
      const back = cells.map((text) => (text === "" ? Number.NaN : Number(text)));
      // A negative zero is written as 0.
      expect(back).toEqual(Array.from(numbers, (value) => value + 0));
    }),
    { seed: 3 },
  );
});

test("a table keeps its lines and columns apart, and has the ids once", () => {
  const samples = axis(["a\tb", "c"], { id: ["a\tb", "c"], note: ["two\nlines", ""] });
  expect(textOf(axisTable(samples))).toBe("id\tnote\na b\ttwo lines\nc\t\n");
});

test("a damaged table is refused, naming its lines", () => {
  const refusal = {
    tag: "bad-data",
    message: expect.stringMatching(/line 1 does not begin with id.*line 3 has 1 cells/),
  };
  expect(() => parseAxisTable("gene\tmae\na\t1\nb\n", "a.genes.tsv")).toThrow(expect.objectContaining(refusal));
});

test("tables are for the formats without a place for genes' fields", () => {
  expect((["gctx", "zarr", "arrow", "gct", "tsv", "csv", "npy"] as const).filter(hasAxisTables)).toEqual([
    "tsv",
    "csv",
    "npy",
  ]);
});

test("a matrix that replaces another one has its own tables, or none", async () => {
  const path = join(await temporaryFolder(), "a.csv");
  const values = Float32Array.of(1, 2);
  const genes = axis(["g1", "g2"], { pr_gene_symbol: ["TP53", "MYC"] });
  const samples = axis(["s1"], {});
  const { tables } = await writeExpression(path, memorySource(genes, samples, values));
  // Of samples nothing is known but their ids, which the matrix has.
  expect(tables).toEqual([axisTablePaths(path).genes]);
  expect(await readFile(`${path}.genes.tsv`, "utf8")).toBe("id\tpr_gene_symbol\ng1\tTP53\ng2\tMYC\n");
  const plain = memorySource(axis(["g1", "g2"], {}), samples, values);
  expect(await writeExpression(path, plain, { existing: "keep" })).toEqual({ outcome: "unchanged", notes: [] });
  await readFile(`${path}.genes.tsv`);
  await writeExpression(path, plain);
  await expect(readFile(`${path}.genes.tsv`)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a table that is there and holds something else is kept unless it may be replaced", async () => {
  const path = join(await temporaryFolder(), "a.tsv");
  const source = memorySource(axis(["g1"], { note: ["x"] }), axis(["s1"], {}), Float32Array.of(1));
  await writeFile(`${path}.genes.tsv`, "precious");
  const refused = writeExpression(path, source, { existing: "keep" });
  await expect(refused).rejects.toMatchObject({
    tag: "other-plan",
    message: expect.stringContaining("a.tsv.genes.tsv"),
  });
  expect(await readFile(`${path}.genes.tsv`, "utf8")).toBe("precious");
  expect((await writeExpression(path, source)).outcome).toBe("written");
  expect((await writeExpression(path, source, { existing: "keep" })).outcome).toBe("unchanged");
});
