/**
 * Decimal numbers straight from bytes, several times faster than `Number` of a string, with the same result.
 * @module
 */

/** 10⁰ … 10²²: the powers of ten that float64 holds exactly. */
const exactPowers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** The largest number that rounds to a finite float32 lies just below 2¹²⁸ − 2¹⁰³. */
const float32Limit = 2 ** 128 - 2 ** 103;

/**
 * The number written in `bytes[start, end)` as `[+-]digits[.digits][e[+-]digits]`, rounded to the nearest float64;
 * NaN when the bytes are anything else, or a number that float32 cannot hold.
 *
 * An integer of at most 2⁵³ times or divided by an exact power of ten is rounded once, hence correctly (Clinger 1990,
 * "How to read floating point numbers accurately"); all else goes to `Number`.
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const sign = bytes[at];
  if (sign === 45 || sign === 43) at++;
  const digitsStart = at;
  let mantissa = 0;
  let digit = 0;
  while (at < end && (digit = (bytes[at] as number) - 48) >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit;
    at++;
  }
  let digits = at - digitsStart;
  let exponent = 0;
  if (at < end && bytes[at] === 46) {
    const fractionStart = ++at;
    while (at < end && (digit = (bytes[at] as number) - 48) >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      at++;
    }
    exponent = fractionStart - at;
    digits -= exponent;
  }
  if (digits === 0) return Number.NaN;
  if (at < end) {
    const written = writtenExponent(bytes, at, end);
    if (Number.isNaN(written)) return Number.NaN;
    exponent += written;
  }
  const exact = mantissa <= Number.MAX_SAFE_INTEGER && exponent >= -22 && exponent <= 22;
  const magnitude = exact ? scaled(mantissa, exponent) : Number(ascii(bytes, digitsStart, end));
  if (magnitude >= float32Limit) return Number.NaN;
  return sign === 45 ? -magnitude : magnitude;
}

function scaled(mantissa: number, exponent: number): number {
  if (exponent < 0) return mantissa / (exactPowers[-exponent] as number);
  return mantissa * (exactPowers[exponent] as number);
}

/** The exponent of `e[+-]digits`, NaN when it is not one. */
function writtenExponent(bytes: Uint8Array, start: number, end: number): number {
  if (((bytes[start] as number) | 32) !== 101) return Number.NaN;
  let at = start + 1;
  const sign = bytes[at];
  if (sign === 45 || sign === 43) at++;
  if (at >= end) return Number.NaN;
  let exponent = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    exponent = exponent * 10 + digit;
  }
  return sign === 45 ? -exponent : exponent;
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}
