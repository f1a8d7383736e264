/**
 * IEEE 754 binary16, which JavaScript has no array for in Node 20.
 * @module
 */

const words = new Uint32Array(1);
const single = new Float32Array(words.buffer);

/** The value of 16 bits, exactly. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The nearest binary16 of a number rounded to float32 first, ties to even; what is too large becomes infinite. */
export function halfBits(value: number): number {
  single[0] = value;
  const word = words[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const magnitude = Math.abs(single[0] ?? 0);
  if (magnitude >= 65520) return sign | 0x7c00;
  // Steps of 2^-24 up to the first normal number, then of 2^(exponent - 10).
  const exponent = Math.max(-14, ((word >>> 23) & 0xff) - 127);
  const steps = evenRound(magnitude * 2 ** (10 - exponent));
  // A normal number has 1024..2047 steps; 2048 carries into the exponent by itself.
  return sign | (steps + ((exponent + 14) << 10));
}

function evenRound(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
}
