/**
 * Rounds values to `digits` decimals, in place; halves go up. What is stored is the float32 nearest to the decimal, so
 * rounded values compress and print shorter. NaN and infinity stay.
 */
export function roundValues(values: Float32Array, digits: number): void {
  const power = 10 ** digits;
  for (let i = 0; i < values.length; i++) {
    const scaled = (values[i] as number) * power;
    // Beyond 2⁵³ there are no decimals left to round; adding 0 makes −0 plain.
    if (Math.abs(scaled) < 2 ** 53) values[i] = Math.round(scaled) / power + 0;
  }
}
