import { expect, test } from "vitest";
import { fromHalf } from "../../../data/read/half.ts";
import { toHalf } from "../../../data/write/half.ts";
import { roundValues } from "../../../data/write/round-values.ts";
import { halfBits, halfValue } from "../../../onnx/half.ts";

const allBits = Uint16Array.from({ length: 65_536 }, (_, i) => i);

test("every binary16 is read as its value and written back as its bits (oracle: onnx/half.ts)", () => {
  const values = new Float32Array(65_536);
  fromHalf(allBits, values);
  expect(values).toEqual(Float32Array.from(allBits, halfValue));
  const again = new Uint16Array(65_536);
  expect(toHalf(values, again)).toBe(0);
  // All NaN are one NaN.
  expect(again.filter((bits, i) => !Number.isNaN(values[i]) && bits !== i)).toHaveLength(0);
});

test("between two binary16 the nearer one is taken, half-way the even one (oracle: onnx/half.ts)", () => {
  const positive = Float32Array.from(allBits.subarray(0, 0x7c01), halfValue);
  const between: number[] = [];
  for (let i = 0; i + 2 < positive.length; i++) {
    const [low = 0, high = 0] = positive.subarray(i, i + 2);
    for (const share of [0.25, 0.5, 0.75, 0.499_99, 0.500_01]) between.push(low + share * (high - low));
  }
  const values = Float32Array.from([...between, 65_519.99, 65_520, 1e30, 1e-30, 2 ** -25, 2 ** -25 * 1.0001]);
  const written = new Uint16Array(values.length);
  expect(toHalf(values, written)).toBe(2);
  expect(written).toEqual(Uint16Array.from(values, halfBits));
  const negative = new Uint16Array(values.length);
  toHalf(
    values.map((value) => -value),
    negative,
  );
  expect(negative).toEqual(written.map((bits) => bits | 0x8000));
});

test("values are rounded to decimals, and what is missing stays missing", () => {
  const values = Float32Array.of(1.23456, -1.23456, -0.0001, Number.NaN, Number.POSITIVE_INFINITY, 3e38);
  roundValues(values, 2);
  expect(values).toEqual(Float32Array.of(1.23, -1.23, 0, Number.NaN, Number.POSITIVE_INFINITY, 3e38));
});
