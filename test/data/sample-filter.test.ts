import { describe, expect, it } from "vitest";
import { chooseSamples, parseSampleFilter } from "../../data/sample-filter.ts";
import type { MetaColumn } from "../../data/source.ts";

const file = (label: string, ids: readonly string[], fields: Readonly<Record<string, MetaColumn>> = {}) => ({
  label,
  samples: { ids, fields: new Map(Object.entries(fields)) },
});
const files = [
  file("a", ["s1", "s2", "s3"], { cell: ["A549", "MCF7", "A549"], dose: Float64Array.of(1, 10, Number.NaN) }),
  file("b", ["s4", "s5"], { cell: ["MCF7", "A549"], qc: ["1", "0"] }),
];
const rowsOf = (text: string): number[][] => {
  const filter = parseSampleFilter(text);
  if (filter.by === "list") throw new Error("not a field");
  return chooseSamples(filter, files).rows.map((rows) => [...rows]);
};

describe("a choice of samples", () => {
  it("goes by text, by number, or by a mark", () => {
    expect(rowsOf("meta:cell=A549")).toEqual([[0, 2], [1]]);
    expect(rowsOf("meta:dose=10")).toEqual([[1], []]);
    expect(rowsOf("meta:dose")).toEqual([[0], []]);
    expect(rowsOf("meta:qc")).toEqual([[], [0]]);
  });
  it("tells of files without the field and of samples that nothing has", () => {
    expect(chooseSamples({ by: "meta", field: "qc" }, files).warnings).toEqual([
      'a has no column "qc": none of its samples is chosen',
    ]);
    const { rows, warnings } = chooseSamples({ by: "list", label: "l.grp", ids: ["s5", "s9", "s1"] }, files);
    expect(rows.map((own) => [...own])).toEqual([[0], [1]]);
    expect(warnings).toEqual(["1 samples of l.grp are in no input: s9"]);
  });
  it("is refused when it names no field or chooses nothing", () => {
    expect(() => rowsOf("meta:plate=1")).toThrow(/no metadata column "plate".*cell, dose, qc/);
    expect(() => rowsOf("meta:cell=HELA")).toThrow(/no sample is chosen by meta:cell=HELA/);
    expect(() => parseSampleFilter("meta:")).toThrow(/not a choice of samples/);
    expect(() => chooseSamples({ by: "list", label: "l", ids: ["x"] }, files)).toThrow(
      /no sample is chosen by the list l/,
    );
  });
});
