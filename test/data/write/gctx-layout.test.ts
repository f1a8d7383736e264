import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gctxLayout } from "../../../data/write/gctx-layout.ts";
import type { MatrixContent } from "../../../data/write/matrix-content.ts";
import { axis, type GctxAsRead, numbered, readWithHdf5, temporaryFolder } from "./matrix.ts";

/** Writes header and matrix by hand, so that the layout's own numbers are what is tested. */
async function readBack(path: string, content: MatrixContent, values: Float32Array): Promise<GctxAsRead> {
  const { header, matrixOffset, totalBytes } = gctxLayout(content);
  const file = new Uint8Array(totalBytes);
  file.set(header);
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), matrixOffset);
  await writeFile(path, file);
  return await readWithHdf5(path);
}

const ascii = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const fieldName = fc.stringMatching(/^[a-z][a-z0-9_]{0,11}$/).filter((name) => name !== "id");
const randomAxis = (maxLength: number) =>
  fc
    .uniqueArray(
      ascii.filter((id) => id !== ""),
      { minLength: 1, maxLength },
    )
    .chain((ids) => {
      const column = fc.oneof(
        fc.array(ascii, { minLength: ids.length, maxLength: ids.length }),
        fc
          .array(fc.double(), { minLength: ids.length, maxLength: ids.length })
          .map((cells) => Float64Array.from(cells)),
      );
      return fc.record({ ids: fc.constant(ids), fields: fc.dictionary(fieldName, column, { maxKeys: 12 }) });
    });

const written = (column: readonly string[] | Float64Array): unknown[] =>
  column instanceof Float64Array ? [...column] : column.map((cell) => (cell === "" ? "-666" : cell));

test("the HDF5 library reads back ids, metadata, attributes and values of any axes", async () => {
  const folder = await temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      randomAxis(40),
      randomAxis(40),
      fc.dictionary(fieldName, ascii, { maxKeys: 4 }),
      async (genes, samples, attributes) => {
        const values = Float32Array.from({ length: genes.ids.length * samples.ids.length }, (_, i) => i / 8);
        const content = {
          genes: axis(genes.ids, genes.fields),
          samples: axis(samples.ids, samples.fields),
          attributes,
        };
        const read = await readBack(join(folder, `${run++}.gctx`), content, values);
        expect(read.shape).toEqual([samples.ids.length, genes.ids.length]);
        expect(read.values).toEqual(values);
        for (const [side, source] of [
          [read.row, genes],
          [read.col, samples],
        ] as const) {
          expect(side["id"]).toEqual(source.ids);
          expect(Object.keys(side).toSorted()).toEqual(["id", ...Object.keys(source.fields)].toSorted());
          for (const [name, column] of Object.entries(source.fields)) expect(side[name]).toEqual(written(column));
        }
        expect(read.attributes).toEqual({ src: "landfall", ...attributes, version: "GCTX1.0" });
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

describe("the layout", () => {
  const genes = axis(["g/1", "g2"]);
  const samples = axis(["s1", "s2", "s3"]);

  test("puts the matrix last, on a page, and says where rows lie", () => {
    const layout = gctxLayout({ genes, samples, attributes: {} });
    expect(layout.matrixOffset % 4096).toBe(0);
    expect(layout.header).toHaveLength(layout.matrixOffset);
    expect(layout.rowBytes).toBe(8);
    expect(layout.totalBytes).toBe(layout.matrixOffset + 3 * 8);
  });

  test("is the same for the same content", () => {
    const make = () => gctxLayout({ genes, samples, attributes: { b: "1", a: "2" } }).header;
    expect(make()).toEqual(make());
  });

  test("keeps numbers as int32 only when all are integers in range", async () => {
    const folder = await temporaryFolder();
    const fields = {
      whole: Float64Array.of(1, -2, 2 ** 31 - 1),
      large: Float64Array.of(1, 2, 2 ** 31),
      missing: Float64Array.of(1, Number.NaN, 3),
    };
    const content = { genes, samples: axis(samples.ids, fields), attributes: {} };
    const { col } = await readBack(join(folder, "n.gctx"), content, new Float32Array(6));
    expect(col).toMatchObject({ whole: [1, -2, 2 ** 31 - 1], large: [1, 2, 2 ** 31], missing: [1, Number.NaN, 3] });
    const bytes = (values: Float64Array) =>
      gctxLayout({ ...content, samples: axis(numbered("s", 4096), { values }) }).header.length;
    expect(bytes(new Float64Array(4096))).toBe(bytes(new Float64Array(4096).fill(0.5)) - 4096 * 4);
  });

  test("holds hundreds of fields", async () => {
    const folder = await temporaryFolder();
    const fields = Object.fromEntries(numbered("field", 700).map((name) => [name, ["a", name, ""]]));
    const content = { genes, samples: axis(samples.ids, fields), attributes: {} };
    const { col } = await readBack(join(folder, "many.gctx"), content, new Float32Array(6));
    expect(Object.keys(col)).toHaveLength(701);
    expect(col["field577"]).toEqual(["a", "field577", "-666"]);
  });

  test("brings text to ASCII and counts the cells, because cmapPy reads nothing else", async () => {
    const folder = await temporaryFolder();
    const fields = { dose: ["10 µM", "5 μM", "1 mM"], "naïve/état": ["β–x", "a\0b", ""] };
    const content = { genes: axis(["é1", "g2"]), samples: axis(samples.ids, fields), attributes: { who: "Zoë" } };
    const read = await readBack(join(folder, "ascii.gctx"), content, new Float32Array(6));
    expect(read.row["id"]).toEqual(["e1", "g2"]);
    expect(read.col["dose"]).toEqual(["10 uM", "5 uM", "1 mM"]);
    expect(read.col["naive|etat"]).toEqual(["?-x", "a?b", "-666"]);
    expect(read.attributes["who"]).toBe("Zoe");
    expect(gctxLayout(content).transliterated).toBe(5);
  });

  test("reserves columns, which take the place of fields of their names", async () => {
    const folder = await temporaryFolder();
    const content: MatrixContent = {
      genes,
      samples: axis(samples.ids, { lf_ood: ["old", "old", "old"] }),
      reserved: [
        { name: "lf_ood", type: "float32", axis: "samples" },
        { name: "lf_missing_landmarks", type: "int32", axis: "samples" },
      ],
      attributes: {},
    };
    const { columns, header } = gctxLayout(content);
    expect([...columns.keys()]).toEqual(["lf_ood", "lf_missing_landmarks"]);
    for (const { offset, itemBytes } of columns.values()) {
      expect(itemBytes).toBe(4);
      expect(offset + 3 * itemBytes).toBeLessThan(header.length);
    }
    const { col } = await readBack(join(folder, "reserved.gctx"), content, new Float32Array(6));
    expect(col).toEqual({ id: samples.ids, lf_ood: [0, 0, 0], lf_missing_landmarks: [0, 0, 0] });
  });

  test("merges a field `id` that repeats the ids, as L1000 plates in GCT have it", () => {
    const once = gctxLayout({ genes, samples, attributes: {} }).header;
    const twice = gctxLayout({ genes, samples: axis(samples.ids, { id: samples.ids }), attributes: {} }).header;
    expect(twice).toEqual(once);
  });

  test("refuses what the format cannot hold, naming it", () => {
    const layout = (content: Partial<MatrixContent>) => () =>
      gctxLayout({ genes, samples, attributes: {}, ...content });
    const refusal = (tag: string, ...texts: string[]) =>
      expect.objectContaining({ tag, message: expect.stringMatching(new RegExp(texts.join(".*"), "s")) });
    expect(layout({ samples: axis([]) })).toThrow(refusal("bad-data", "COL", "no ids"));
    expect(layout({ genes: axis(["a", "b", "a", "b", "a"]) })).toThrow(refusal("bad-data", "ROW/id", "2 ids", "a; b"));
    expect(layout({ genes: axis(["µ", "u"]) })).toThrow(refusal("bad-data", "1 ids", "u"));
    expect(layout({ genes: axis(["a", ""]) })).toThrow(refusal("bad-data", "id 2 is empty"));
    expect(layout({ genes: axis(["a"], { id: ["x"], "": ["y"] }) })).toThrow(refusal("bad-data", '"id"', '""'));
    expect(layout({ attributes: { long: "x".repeat(60_001) } })).toThrow(refusal("usage", "long", "60001"));
  });
});
