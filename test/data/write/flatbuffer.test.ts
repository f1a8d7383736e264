import * as fc from "fast-check";
import { expect, test } from "vitest";
import { flatRoot, type FlatTable as ReadTable } from "../../../data/read/flatbuffer.ts";
import { type FlatTable, type FlatValue, flatBuffer } from "../../../data/write/flatbuffer.ts";

const integer = fc.oneof(fc.integer(), fc.maxSafeInteger());
const { table } = fc.letrec<{ table: FlatTable; value: FlatValue }>((tie) => ({
  table: fc.array(fc.option(tie("value"), { nil: undefined }), { maxLength: 6 }),
  value: fc.oneof(
    { depthSize: "small" },
    fc.record({ type: fc.constant("int8" as const), value: fc.integer({ min: -128, max: 127 }) }),
    fc.record({ type: fc.constant("int16" as const), value: fc.integer({ min: -32_768, max: 32_767 }) }),
    fc.record({ type: fc.constant("int32" as const), value: fc.integer() }),
    fc.record({ type: fc.constant("int64" as const), value: integer }),
    fc.record({ type: fc.constant("string" as const), value: fc.string({ unit: "binary" }) }),
    fc.record({
      type: fc.constant("structs" as const),
      value: fc.array(fc.tuple(integer, integer)).map((pairs) => pairs.flat()),
      members: fc.constant(2),
    }),
    fc.record({ type: fc.constant("table" as const), value: tie("table") }),
    fc.record({ type: fc.constant("tables" as const), value: fc.array(tie("table"), { maxLength: 3 }) }),
  ),
}));

/** Reads what `like` describes; an absent field as its default. */
function read(from: ReadTable, like: FlatTable): FlatTable {
  return like.map((field, i): FlatValue | undefined => {
    if (field === undefined) return from.int64(i, -7) === -7 ? undefined : { type: "string", value: "not absent" };
    switch (field.type) {
      case "string":
        return { type: "string", value: from.string(i) ?? "" };
      case "structs":
        return { ...field, value: from.structs(i, field.members).flat() };
      case "table": {
        const child = from.table(i);
        return child && { type: "table", value: read(child, field.value) };
      }
      case "tables":
        return { type: "tables", value: from.tables(i).map((child, j) => read(child, field.value[j] ?? [])) };
      case "int8":
      case "int16":
      case "int32":
      case "int64":
        return { type: field.type, value: from[field.type](i) };
    }
  });
}

test("any tables come back as they were written, at any alignment of the reader's buffer", () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 0, max: 7 }), (written, shift) => {
      const bytes = flatBuffer(written);
      expect(bytes.length % 8).toBe(0);
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      expect(read(flatRoot(moved.subarray(shift)), written)).toEqual(written);
    }),
    { seed: 11 },
  );
});

test("an offset out of the buffer throws instead of reading elsewhere", () => {
  const bytes = flatBuffer([{ type: "string", value: "a text" }]);
  new DataView(bytes.buffer).setUint32(0, 1e6, true);
  expect(() => flatRoot(bytes).string(0)).toThrow(RangeError);
  const long = flatBuffer([{ type: "structs", value: [1, 2], members: 2 }]);
  new DataView(long.buffer).setUint32(long.length - 20, 1e9, true);
  expect(() => flatRoot(long).structs(0, 2)).toThrow(RangeError);
});
