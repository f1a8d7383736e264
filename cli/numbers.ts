/**
 * Numbers of flags, as commander wants its parsers: the message follows "argument 'x' is invalid."
 * @module
 */
import { InvalidArgumentError } from "commander";

/** A decimal number, NaN for anything else: `Number` alone takes "" and "0x1" too. */
export function decimal(text: string): number {
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function numberThat(expected: string, fits: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (Number.isFinite(value) && fits(value)) return value;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };
}

export const integer = numberThat("a whole number", Number.isSafeInteger);
export const notNegative = numberThat("a number from 0", (value) => value >= 0);
export const positive = numberThat("a number above 0", (value) => value > 0);
export const share = numberThat("a share from 0 to 1", (value) => value >= 0 && value <= 1);

/** A whole number from `least` up, up to `most` where there is an end. */
export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER): ((text: string) => number) =>
  numberThat(
    `a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? "up" : `to ${most}`}`,
    (value) => Number.isSafeInteger(value) && value >= least && value <= most,
  );
