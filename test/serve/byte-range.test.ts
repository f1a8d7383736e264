import * as fc from "fast-check";
import { expect, it } from "vitest";
import { byteRange } from "../../serve/byte-range.ts";

it.each([
  [undefined, undefined],
  ["bytes=0-0", { start: 0, end: 1 }],
  ["bytes=2-", { start: 2, end: 10 }],
  ["bytes=-3", { start: 7, end: 10 }],
  ["bytes=-30", { start: 0, end: 10 }],
  ["bytes = 1 - 2", { start: 1, end: 3 }],
  ["bytes=5-99", { start: 5, end: 10 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=5-4", undefined],
  ["bytes=-", undefined],
  ["bytes=0-1,3-4", undefined],
  ["rows=0-1", undefined],
  ["bytes=a-b", undefined],
])("reads %s of 10 bytes as RFC 9110 says", (header, expected) => {
  expect(byteRange(header, 10)).toEqual(expected);
});

it("never leaves the file (property)", () => {
  fc.assert(
    fc.property(fc.string(), fc.tuple(fc.nat(), fc.nat()), fc.nat(1000), (text, [first, last], bytes) => {
      for (const header of [text, `bytes=${first}-${last}`, `bytes=${first}-`, `bytes=-${last}`]) {
        const range = byteRange(header, bytes);
        if (range === undefined || range === "unsatisfiable") continue;
        expect(range.start >= 0 && range.start < range.end && range.end <= bytes).toBe(true);
      }
    }),
  );
});
