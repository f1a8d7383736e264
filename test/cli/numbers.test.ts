import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { decimal, integer, notNegative, positive, share, wholeNumber } from "../../cli/numbers.ts";

describe("numbers of flags", () => {
  it.each([
    ["12", 12],
    ["-3.5", -3.5],
    [".25", 0.25],
    ["7.", 7],
    ["1e-3", 0.001],
    ["", Number.NaN],
    [" 1", Number.NaN],
    ["0x10", Number.NaN],
    ["1,5", Number.NaN],
    ["Infinity", Number.NaN],
  ])("%j is %d", (text, value) => {
    expect(decimal(text)).toBe(value);
  });

  it.each([
    { parse: integer, good: ["0", "-7", "1e3"], bad: ["", "1.5", "1e99", "x"], told: "Expected a whole number." },
    { parse: notNegative, good: ["0", "0.5"], bad: ["-0.1", "1e999", ""], told: "Expected a number from 0." },
    { parse: positive, good: ["1e-9"], bad: ["0", "-1", ""], told: "Expected a number above 0." },
    { parse: share, good: ["0", "1", ".1"], bad: ["1.01", "-0.1", "10 %"], told: "Expected a share from 0 to 1." },
    { parse: wholeNumber(1), good: ["1", "99"], bad: ["0", "1.5", ""], told: "Expected a whole number from 1 up." },
    { parse: wholeNumber(0, 9), good: ["0", "9"], bad: ["10", "-1"], told: "Expected a whole number from 0 to 9." },
  ])("$told", ({ parse, good, bad, told }) => {
    expect(good.map(parse)).toEqual(good.map(Number));
    for (const text of bad) {
      expect(() => parse(text)).toThrow(InvalidArgumentError);
      expect(() => parse(text)).toThrow(told);
    }
  });
});
