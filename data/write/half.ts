/** Largest float32, as bits, that rounds to a finite binary16: 65520 − 1 ulp. */
const firstInfinite = 0x477f_f000;
const infinity = 0x7f80_0000;
/** 2⁻¹⁴, the smallest normal binary16. */
const firstNormal = 0x3880_0000;

/**
 * Rounds float32 to the nearest binary16 (IEEE 754-2019, 4.3.1: ties to even), which JavaScript has no array for in
 * Node 20. NaN stays NaN.
 * @param into as long as `values`; belongs to the caller
 * @returns how many finite values were too large and became infinite
 */
export function toHalf(values: Float32Array, into: Uint16Array): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let overflows = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const magnitude = word & 0x7fff_ffff;
    let half: number;
    if (magnitude < firstNormal) half = subnormal(magnitude);
    // The exponent's bias goes from 127 to 15, the fraction from 23 bits to 10; a carry moves into the exponent by itself.
    else if (magnitude < firstInfinite) half = (magnitude - 0x3800_0000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    else if (magnitude > infinity) half = 0x7e00;
    else {
      half = 0x7c00;
      if (magnitude < infinity) overflows++;
    }
    into[i] = ((word >>> 16) & 0x8000) | half;
  }
  return overflows;
}

/** Steps of 2⁻²⁴. */
function subnormal(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  const significand = (magnitude & 0x7f_ffff) | 0x80_0000;
  const steps = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return rest > tie || (rest === tie && steps % 2 === 1) ? steps + 1 : steps;
}
