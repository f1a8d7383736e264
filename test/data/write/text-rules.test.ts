import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isAscii, transliterate } from "../../../data/write/ascii.ts";
import { labelColumns } from "../../../data/write/delimited.ts";
import { genePanels } from "../../../data/write/gct.ts";
import { pathFormat } from "../../../data/write/path-format.ts";
import { repeatedIds } from "../../../data/write/repeated-ids.ts";
import { checkCellIds, commaSeparated, tabbed, tableCell } from "../../../data/write/table-cell.ts";
import { axis } from "./matrix.ts";

test("repeated ids are those that a Map counts more than once", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 }), { maxLength: 300 }), (ids) => {
      const counts = new Map<string, number>();
      for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
      const expected = ids.filter((id) => (counts.get(id) ?? 0) > 1);
      expect(repeatedIds(ids).toSorted()).toEqual([...new Set(expected)].toSorted());
    }),
    { seed: 1 },
  );
});

test("transliteration gives ASCII, leaves ASCII alone, and knows µ and accents", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      const ascii = transliterate(text);
      expect(isAscii(ascii)).toBe(true);
      expect(transliterate(ascii)).toBe(ascii);
      expect(ascii === text).toBe(isAscii(text));
    }),
    { seed: 1 },
  );
  expect(transliterate("10 µM – Müller’s “naïve” Å ﬁ 中")).toBe('10 uM - Muller\'s "naive" A fi ?');
});

test("the extension names the format, and .gz goes around text only", () => {
  expect(pathFormat("a/b.GCTX")).toEqual({ format: "gctx", gzip: false });
  expect(pathFormat("x.y.tsv.gz")).toEqual({ format: "tsv", gzip: true });
  expect(pathFormat("x.txt")).toEqual({ format: "tsv", gzip: false });
  expect(pathFormat("matrix.dat", "csv")).toEqual({ format: "csv", gzip: false });
  for (const path of ["x", "x.parquet", "x.gz", "x.npy.gz", "x.gctx.gz", "folder.tsv/x"]) {
    const refusal = { tag: "usage", message: expect.stringContaining("gctx, zarr, arrow, gct, gct.gz, tsv") };
    expect(() => pathFormat(path)).toThrow(expect.objectContaining(refusal));
  }
});

test("cells keep a table's lines and columns apart", () => {
  expect(tableCell("a\tb\r\nc", tabbed)).toBe("a b c");
  expect(tableCell('say "a,b"', commaSeparated)).toBe('"say ""a,b"""');
  expect(tableCell("a\tb", commaSeparated)).toBe("a\tb");
  expect(() => checkCellIds(["ok", "a,b"], commaSeparated, "gene ids")).not.toThrow();
  const refusal = { tag: "bad-data", message: expect.stringMatching(/gene ids: 3 ids.*"a\\tb".*"a\\nb".*""/) };
  expect(() => checkCellIds(["ok", "a\tb", "a\nb", ""], tabbed, "gene ids")).toThrow(expect.objectContaining(refusal));
});

test("label columns end with one that no reader takes for numbers, or there are none", () => {
  const names = (fields: Parameters<typeof axis>[1]) => labelColumns(axis(["a", "b"], fields)).map(([name]) => name);
  expect(names({ study: ["ST1", ""], age: Float64Array.of(1, 2), code: ["1", "2"] })).toEqual(["age", "code", "study"]);
  expect(names({ age: Float64Array.of(1, 2), code: ["1", "x"] })).toEqual([]);
  expect(names({ blank: ["", "x"], na: ["NA", "x"] })).toEqual([]);
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, ["x", "y"]]));
  expect(names(many)).toHaveLength(63);
  expect(names(many).at(-1)).toBe("f0");
});

test("gene panels cover every gene once and stay within their bytes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 4000 }),
      (samples, genes, bytes) => {
        const panels = genePanels({ samples, genes }, bytes);
        let next = 0;
        for (const { start, end } of panels) {
          expect(start).toBe(next);
          expect(end - start === 1 || (end - start) * samples * 4 <= bytes).toBe(true);
          next = end;
        }
        expect(next).toBe(genes);
      },
    ),
    { seed: 1 },
  );
});
