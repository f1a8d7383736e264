/** The float32 of every binary16, by its bits; made when first needed. */
let table: Float32Array | undefined;

/**
 * The values of binary16 numbers, exactly.
 * @param into as long as `bits`; belongs to the caller
 */
export function fromHalf(bits: Uint16Array, into: Float32Array): void {
  table ??= halfTable();
  for (let i = 0; i < bits.length; i++) into[i] = table[bits[i] as number] as number;
}

function halfTable(): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}
