/** Typed arrays that {@link joinedArrays} joins. */
type Joinable = Float32Array | Uint8Array;

/** The parts end to end, in a new array; `ArrayOf` is the parts' constructor, for where there are none. */
export function joinedArrays<A extends Joinable>(parts: readonly A[], ArrayOf: new (length: number) => A): A {
  const whole = new ArrayOf(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
