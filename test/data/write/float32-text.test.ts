import * as fc from "fast-check";
import { expect, test } from "vitest";
import { float32TextBytes, writeFloat32 } from "../../../data/write/float32-text.ts";

function text(value: number): string {
  const bytes = new Uint8Array(4 + float32TextBytes).fill(120);
  const end = writeFloat32(value, bytes, 2);
  const whole = String.fromCharCode(...bytes);
  // Nothing outside of what it says it wrote.
  expect([whole.slice(0, 2), whole.slice(end)]).toEqual(["xx", "x".repeat(bytes.length - end)]);
  return whole.slice(2, end);
}

/** Significant digits of a decimal. */
const digits = (decimal: string): number => decimal.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "").length;

/** Significant digits of the nearest decimal that reads back, found by trying: the oracle for shortness. */
function fewestDigits(value: number): number {
  for (let precision = 1; ; precision++) {
    if (Math.fround(Number(value.toPrecision(precision))) === value)
      return digits(Number(value.toPrecision(precision)).toExponential());
  }
}

const float32Bits = fc
  .integer({ min: 0, max: 0xffff_ffff })
  .map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0);

test("every float32 reads back exactly, by Number, in at most 15 bytes", () => {
  fc.assert(
    fc.property(fc.oneof(float32Bits, fc.float({ min: -20, max: 20 })), (value) => {
      expect(Math.fround(Number(text(value)))).toBe(value);
    }),
    { numRuns: 20_000, seed: 1 },
  );
});

test("no decimal of fewer digits reads back as the same fraction", () => {
  fc.assert(
    fc.property(
      fc
        .oneof(float32Bits, fc.float({ min: -20, max: 20 }))
        .filter((v) => Number.isFinite(v) && v !== 0 && !Number.isInteger(v)),
      (value) => {
        expect(digits(text(value))).toBeLessThanOrEqual(fewestDigits(value));
      },
    ),
    { numRuns: 10_000, seed: 2 },
  );
});

test("values rounded to a few decimals look as they were written", () => {
  for (const decimal of [
    "0",
    "-0",
    "1",
    "-1",
    "7.25",
    "0.001",
    "-12.345",
    "0.0002",
    "100",
    "99999.5",
    "16777216",
    "123456792",
  ]) {
    expect(text(Math.fround(Number(decimal)))).toBe(decimal);
  }
});

test("extremes and what is no number", () => {
  expect(text(Number.NaN)).toBe("NaN");
  expect(text(Number.NEGATIVE_INFINITY)).toBe("-Infinity");
  expect(text(Math.fround(3.4028234663852886e38))).toBe("3.4028235e+38");
  expect(text(-1.401298464324817e-45)).toBe("-1e-45");
  expect(text(Math.fround(999_999_999))).toBe("1e+9");
  expect(text(Math.fround(9.9999e-5))).toBe("9.9999e-5");
});
