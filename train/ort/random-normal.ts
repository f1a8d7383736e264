/**
 * Standard normal numbers from the counter hash (Box & Muller 1958): two hashes give a radius √(−2·ln u) and an angle,
 * these give two numbers. From additions, products, quotients and roots only: ONNX Runtime's `Log` (and JavaScript's)
 * may differ in the last bit with the place in the buffer, correctly rounded operations do not, so graph and function
 * give the same bits.
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.ts";
import { elementCodes } from "../../onnx/element.ts";
import { counterHash, counterHashOf } from "./counter-hash.ts";

/** Independent standard normal numbers. */
export interface NormalDraw {
  readonly kind: "normal";
}

/** What the formulas are written in: float32 values, or the names of values of a graph. */
interface Arithmetic<V> {
  readonly constant: (value: number) => V;
  readonly add: (a: V, b: V) => V;
  readonly sub: (a: V, b: V) => V;
  readonly mul: (a: V, b: V) => V;
  readonly div: (a: V, b: V) => V;
  readonly sqrt: (a: V) => V;
}

function emitted(g: GraphBuilder): Arithmetic<string> {
  return {
    constant: (value) => g.scalar(value),
    add: (a, b) => g.op("Add", [a, b]),
    sub: (a, b) => g.op("Sub", [a, b]),
    mul: (a, b) => g.op("Mul", [a, b]),
    div: (a, b) => g.op("Div", [a, b]),
    sqrt: (a) => g.op("Sqrt", [a]),
  };
}

const float32: Arithmetic<number> = {
  constant: Math.fround,
  add: (a, b) => Math.fround(a + b),
  sub: (a, b) => Math.fround(a - b),
  mul: (a, b) => Math.fround(a * b),
  div: (a, b) => Math.fround(a / b),
  sqrt: (a) => Math.fround(Math.sqrt(a)),
};

/** c₀ + c₁·x + c₂·x² + … (Horner). */
function polynomial<V>({ constant, add, mul }: Arithmetic<V>, x: V, coefficients: readonly number[]): V {
  const [last = 0, ...rest] = coefficients.toReversed();
  return rest.reduce((sum, coefficient) => add(mul(sum, x), constant(coefficient)), constant(last));
}

/** Roots taken before the series of the logarithm: u ≥ 2⁻³³ becomes at least 0.49. */
const roots = 5;

/**
 * √(−2·ln u) of u in [2⁻³³, 1]: −ln u = 32·(−ln v) with v = u^(1/32), −ln v = 2·artanh(w), w = (1 − v)/(1 + v) ≤ 0.35;
 * the first term left out, 2w¹³/13, is below 2e-7.
 */
function radius<V>(a: Arithmetic<V>, u: V): V {
  let v = u;
  for (let root = 0; root < roots; root++) v = a.sqrt(v);
  const w = a.div(a.sub(a.constant(1), v), a.add(a.constant(1), v));
  const series = polynomial(a, a.mul(w, w), [1, 1 / 3, 1 / 5, 1 / 7, 1 / 9, 1 / 11]);
  return a.sqrt(a.mul(a.mul(w, series), a.constant(4 * 2 ** roots)));
}

/** cos and sin, times √2, of ψ + π/4 with ψ in ± π/4: the directions of the first quadrant. Taylor, to 4e-7. */
function direction<V>(a: Arithmetic<V>, psi: V): readonly [cosine: V, sine: V] {
  const square = a.mul(psi, psi);
  const cosine = polynomial(a, square, [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40_320]);
  const sine = a.mul(psi, polynomial(a, square, [1, -1 / 6, 1 / 120, -1 / 5040]));
  return [a.sub(cosine, sine), a.add(cosine, sine)];
}

/** Two normal numbers, of the same sign, from the bits (as float32) of two hashes. */
function boxMuller<V>(a: Arithmetic<V>, radiusBits: V, angleBits: V): readonly [V, V] {
  const u = a.add(a.mul(radiusBits, a.constant(2 ** -32)), a.constant(2 ** -33));
  const quarter = Math.PI / 4;
  const psi = a.sub(a.mul(angleBits, a.constant((2 * quarter) / 2 ** 32)), a.constant(quarter));
  const r = a.mul(radius(a, u), a.constant(Math.SQRT1_2));
  const [cosine, sine] = direction(a, psi);
  return [a.mul(r, cosine), a.mul(r, sine)];
}

/** Sign bits come from a third hash of the elements' own indices. */
const signBit = 2 ** 31;

/** Hashes of a draw: a radius and an angle a pair, and a sign an element. */
export function normalIndexCount(count: number): number {
  return 2 * 2 * Math.ceil(count / 2);
}

/**
 * Emits `dims` standard normal numbers.
 * @param indices uint32 `[normalIndexCount]`: 0, 1, 2, …
 * @param key uint32, rank 0.
 */
export function randomNormal(
  g: GraphBuilder,
  dims: readonly number[],
  [indices, key]: readonly [string, string],
): string {
  const count = dims.reduce((product, length) => product * length, 1);
  const pairs = Math.ceil(count / 2);
  const hashes = counterHash(g, indices, key);
  const part = (from: string, start: number, end: number): string =>
    g.op("Slice", [from, g.ints([start]), g.ints([end]), g.ints([0])]);
  const bits = (start: number): string =>
    g.op("Cast", [part(hashes, start, start + pairs)], { to: elementCodes.float32 });
  const sizes = g.op("Concat", boxMuller(emitted(g), bits(0), bits(pairs)), { axis: 0n });
  const isNegative = g.op("Less", [part(hashes, 2 * pairs, 4 * pairs), g.scalar(signBit, "uint32")]);
  const values = g.op("Where", [isNegative, g.op("Neg", [sizes]), sizes]);
  return g.op("Reshape", [count === 2 * pairs ? values : part(values, 0, count), g.ints(dims)]);
}

/** The numbers that {@link randomNormal} computes, bit for bit. */
export function randomNormalValues(key: number, count: number): Float32Array {
  const pairs = Math.ceil(count / 2);
  const bits = (index: number): number => Math.fround(counterHashOf(index, key));
  const values = new Float32Array(2 * pairs);
  for (let pair = 0; pair < pairs; pair++) {
    const [one, other] = boxMuller(float32, bits(pair), bits(pairs + pair));
    const signed = (at: number, size: number): number => (counterHashOf(2 * pairs + at, key) < signBit ? -size : size);
    values[pair] = signed(pair, one);
    values[pairs + pair] = signed(pairs + pair, other);
  }
  return values.subarray(0, count);
}
