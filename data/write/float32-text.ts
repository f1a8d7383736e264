/** 10⁰ … 10¹²: exact in float64. */
const powers = Float64Array.from({ length: 13 }, (_, exponent) => Number(`1e${exponent}`));

/** Most bytes that {@link writeFloat32} writes: `-1.17549435e-38`. */
export const float32TextBytes = 15;

/**
 * Writes a float32 into `into` at `at` as the shortest decimal from which the same float32 is read, by way of float64
 * as most readers do (Steele & White 1990): 9 significant digits at most, whole numbers below 10⁹ in full. Missing is `NaN`, infinity `Infinity`.
 * @returns the end of what was written
 */
export function writeFloat32(value: number, into: Uint8Array, at: number): number {
  if (Number.isNaN(value)) return writeAscii("NaN", into, at);
  let end = at;
  if (value < 0 || Object.is(value, -0)) into[end++] = minus;
  const x = Math.abs(value);
  if (x === 0) return writeFixed(0, 0, { into, at: end });
  if (x < 1e-4 || x >= 1e9) return writeAscii(scientific(x), into, end);
  for (let places = 0; ; places++) {
    const power = powers[places] ?? Number.NaN;
    const digits = Math.round(x * power);
    // 9 digits always suffice; only rounding up to 10⁹ gets here.
    if (digits >= 1e9 || Number.isNaN(power)) return writeAscii(scientific(x), into, end);
    if (Math.fround(digits / power) === x) return writeFixed(digits, places, { into, at: end });
  }
}

const minus = 45;
const point = 46;
const zero = 48;

/** Writes `digits` / 10^`places`, `digits` an integer below 10⁹. */
function writeFixed(
  digits: number,
  places: number,
  { into, at }: { readonly into: Uint8Array; readonly at: number },
): number {
  let count = places + 1;
  while (count < 10 && digits >= (powers[count] ?? 0)) count++;
  const end = at + count + (places > 0 ? 1 : 0);
  let rest = digits;
  for (let position = end - 1, written = 0; position >= at; position--) {
    if (places > 0 && written === places) into[position--] = point;
    into[position] = zero + (rest % 10);
    rest = Math.trunc(rest / 10);
    written++;
  }
  return end;
}

function writeAscii(text: string, into: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Very small and very large magnitudes, rare in expression data: tried digit by digit through the engine's own text. */
function scientific(x: number): string {
  for (let places = 0; places < 8; places++) {
    const text = x.toExponential(places);
    if (Math.fround(Number(text)) === x) return text;
  }
  return x.toExponential(8);
}
