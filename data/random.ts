import { AppError } from "../schemas/index.ts";

/**
 * Seeded random numbers: xoshiro128** (Blackman & Vigna 2021) with its state filled by splitmix32. Integer and
 * correctly rounded IEEE operations only (no `Math.log`, `Math.sin`: engines differ in their last bits), so a seed
 * gives the same numbers on every platform.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  /**
   * @param seed any safe integer
   * @param stream which of the seed's independent sequences, a safe integer ≥ 0
   * @throws AppError `usage` when one of them is no safe integer
   */
  constructor(seed: number, stream = 0) {
    let mixed = 0;
    for (const [name, value] of [
      ["seed", seed],
      ["stream", stream],
    ] as const) {
      if (!Number.isSafeInteger(value)) {
        throw new AppError("usage", {
          what: `${name} is not an integer`,
          expected: "a safe integer",
          got: String(value),
        });
      }
      mixed = splitmix32((mixed ^ value) | 0);
      mixed = splitmix32((mixed ^ Math.floor(value / 0x1_0000_0000)) | 0);
    }
    // All four words 0 is the one state that xoshiro never leaves; splitmix32 is a bijection, so at most one is 0.
    for (let i = 0; i < 4; i++) this.#state[i] = splitmix32((mixed + i * 0x9e37_79b9) | 0);
  }

  /** The next 32 random bits, as an integer in [0, 2³²). */
  bits(): number {
    const s = this.#state;
    const first = s[0] ?? 0;
    const second = s[1] ?? 0;
    const third = (s[2] ?? 0) ^ first;
    const fourth = (s[3] ?? 0) ^ second;
    const scrambled = Math.imul(rotateLeft(Math.imul(second, 5), 7), 9) >>> 0;
    s[1] = second ^ third;
    s[0] = first ^ fourth;
    s[2] = third ^ (second << 9);
    s[3] = rotateLeft(fourth, 11);
    return scrambled;
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number {
    return this.bits() * 2 ** -32;
  }

  /**
   * Uniform integer in [0, bound), without bias.
   * @param bound an integer in [1, 2³²]
   */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) throw new RangeError(`no integers below ${bound}`);
    const fair = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const bits = this.bits();
      if (bits < fair) return bits % bound;
    }
  }

  /** Standard normal by inversion; |value| < 6.4 because a uniform has 32 bits. */
  normal(): number {
    return normalQuantile((this.bits() + 0.5) * 2 ** -32);
  }

  /** Permutes `values` in place (Fisher–Yates), every order equally likely. */
  shuffle(values: Int32Array): void {
    for (let last = values.length - 1; last > 0; last--) {
      const chosen = this.integer(last + 1);
      const held = values[last] ?? 0;
      values[last] = values[chosen] ?? 0;
      values[chosen] = held;
    }
  }
}

const rotateLeft = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** One step of splitmix32: a bijection of 32-bit integers. */
function splitmix32(state: number): number {
  let z = (state + 0x9e37_79b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/** Φ⁻¹(p), relative error about 1e-7: algorithm AS 241, PPND7 (Wichura 1988, Applied Statistics 37:477). */
function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    const above = ((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
    return (q * above) / (((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1);
  }
  const tail = Math.sqrt(-naturalLog(q < 0 ? p : 1 - p));
  let r: number;
  if (tail <= 5) {
    const s = tail - 1.6;
    const above = ((0.17023821103 * s + 1.3067284816) * s + 2.75681539) * s + 1.4234372777;
    r = above / ((0.12021132975 * s + 0.7370016425) * s + 1);
  } else {
    const s = tail - 5;
    const above = ((0.017337203997 * s + 0.42868294337) * s + 3.081226386) * s + 6.657905115;
    r = above / ((0.012258202635 * s + 0.24197894225) * s + 1);
  }
  return q < 0 ? -r : r;
}

/** ln(x) of x in (0, 1) to about 1e-12 from additions, products and quotients: ln m = 2·artanh((m − 1)/(m + 1)). */
function naturalLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  const t = (mantissa - 1) / (mantissa + 1);
  const square = t * t;
  let series = 0;
  for (let odd = 15; odd >= 1; odd -= 2) series = series * square + 1 / odd;
  return exponent * Math.LN2 + 2 * t * series;
}
