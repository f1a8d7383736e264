import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseDecimal } from "../../../data/read/decimal.ts";

function parse(text: string): number {
  const bytes = new TextEncoder().encode(`\t${text}\t9`);
  return parseDecimal(bytes, 1, 1 + text.length);
}

const digits = fc.string({
  unit: fc.constantFrom("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
  minLength: 0,
  maxLength: 25,
});
const decimalText = fc
  .tuple(
    fc.constantFrom("", "-", "+"),
    digits,
    fc.constantFrom("", "."),
    digits,
    fc.option(fc.tuple(fc.constantFrom("e", "E", "e-", "e+"), fc.integer({ min: 0, max: 45 })), { nil: undefined }),
  )
  .filter(([, whole, point, fraction]) => whole + (point && fraction) !== "")
  .map(([sign, whole, point, fraction, exponent]) =>
    [sign, whole, point, point && fraction, ...(exponent ?? [])].join(""),
  );

test("a decimal is the float64 that Number makes of it, to the last bit", () => {
  fc.assert(
    fc.property(decimalText, (text) => {
      const expected = Number(text);
      const fitsFloat32 = Number.isFinite(Math.fround(expected));
      expect(parse(text)).toBe(fitsFloat32 ? expected : Number.NaN);
    }),
    { numRuns: 5000, seed: 1 },
  );
});

test("the shortest text of every float32 comes back as that float32", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      // JavaScript writes -0 as "0".
      expect(Math.fround(parse(String(value)))).toBe(value + 0);
    }),
    { numRuns: 2000, seed: 2 },
  );
});

test.each([
  "",
  "-",
  "+",
  ".",
  "e5",
  "1e",
  "1e+",
  "1,5",
  "1 2",
  "0x10",
  "Infinity",
  "NaN",
  "1_000",
  "--1",
  "1.2.3",
  "1e5x",
])("%j is no number", (text) => expect(parse(text)).toBeNaN());

test("a number that float32 cannot hold is no number, the largest float32 is one", () => {
  expect(parse("3.5e38")).toBeNaN();
  expect(parse("-1e400")).toBeNaN();
  expect(parse("3.4028234663852886e38")).toBe(3.4028234663852886e38);
});

test("the sign of the next cell is not this one's", () => {
  expect(parseDecimal(new TextEncoder().encode("\t-3"), 0, 0)).toBeNaN();
});
