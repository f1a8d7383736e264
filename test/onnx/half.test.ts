import { expect, it } from "vitest";
import { halfBits, halfValue } from "../../onnx/half.ts";

it("reads every one of the 65,536 values and writes it back", () => {
  const all = Array.from({ length: 65536 }, (_, bits) => bits);
  const isNaN = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
  expect(all.filter((bits) => !isNaN(bits) && halfBits(halfValue(bits)) !== bits)).toEqual([]);
  expect(all.filter((bits) => isNaN(bits) !== Number.isNaN(halfValue(bits)))).toEqual([]);
  expect(halfValue(halfBits(Number.NaN))).toBeNaN();
});

it("rounds to the nearest, ties to even", () => {
  // 2049 lies between 2048 and 2050; 2051 between 2050 and 2052.
  expect([2049, 2051, 65519, 65520, -70000].map((value) => halfValue(halfBits(value)))).toEqual([
    2048,
    2052,
    65504,
    Infinity,
    -Infinity,
  ]);
  expect(halfBits(2 ** -25)).toBe(0);
  expect(halfBits(2 ** -24 * 1.5)).toBe(2);
  expect(halfBits(-0)).toBe(0x8000);
});

it("knows the constants of IEEE 754", () => {
  expect([0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00].map(halfValue)).toEqual([
    1,
    -2,
    65504,
    2 ** -14,
    2 ** -24,
    Infinity,
  ]);
});
