import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closestName } from "../../../data/genes/closest.ts";

const names = ["TP53", "TP63", "EGFR", "CEMIP2", "HLA-DRA", "HLA-DRB1", "SEPTIN2"];

describe("the closest name", () => {
  it.each([
    ["tp-53", "TP53"],
    ["HLA.DRA", "HLA-DRA"],
    ["EGRF", "EGFR"], // neighbours swapped
    ["EGF", "EGFR"],
    ["EGFRR", "EGFR"],
    ["CEMP2", "CEMIP2"],
    ["SEPTN2B", "SEPTIN2"], // two letters off, of a long name
    ["TP43", "TP53"], // of two equally close ones the first
  ])("to %s is %s", (name, closest) => {
    expect(closestName(name, names)).toBe(closest);
  });
  it.each(["EGXX", "MYC", "T", "", "ABCDEFGH"])("to %j is none: too far", (name) => {
    expect(closestName(name, names)).toBeUndefined();
  });
  it("to a name of the list is that name, whatever else is there", () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.shuffledSubarray(names), (name, others) => {
        expect(closestName(name, [...others, name])).toBe(name);
      }),
    );
  });
  it("after one change to a long name is at most as far away as that", () => {
    const name = fc.stringMatching(/^[A-Z0-9]{6,12}$/);
    fc.assert(
      fc.property(name, fc.nat(), fc.constantFrom("A", "Z", "7"), (original, at, letter) => {
        const place = at % original.length;
        const changed = original.slice(0, place) + letter + original.slice(place + 1);
        expect(closestName(changed, ["QQQQQQQQQQQQQQQQ", original])).toBe(original);
      }),
    );
  });
});
