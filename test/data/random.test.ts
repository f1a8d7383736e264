import { expect, test } from "vitest";
import { Random } from "../../data/random.ts";

/** xoshiro128** as its authors wrote it (prng.di.unimi.it/xoshiro128starstar.c), in BigInt: the oracle. */
function reference(state: readonly number[]): () => number {
  const mask = 0xffff_ffffn;
  let [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = state.map(BigInt);
  const rotl = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
  return () => {
    const result = (rotl((s1 * 5n) & mask, 7n) * 9n) & mask;
    const t = (s1 << 9n) & mask;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotl(s3, 11n);
    return Number(result);
  };
}

/** Murmur3's finaliser over a Weyl sequence in BigInt: splitmix32. */
function splitmix32(state: bigint): bigint {
  const mask = 0xffff_ffffn;
  let z = (state + 0x9e3779b9n) & mask;
  z = ((z ^ (z >> 16n)) * 0x85ebca6bn) & mask;
  z = ((z ^ (z >> 13n)) * 0xc2b2ae35n) & mask;
  return z ^ (z >> 16n);
}

test("bits are those of the authors' generator from a splitmix32 state", () => {
  const mask = 0xffff_ffffn;
  const [seed, stream] = [123_456_789_012n, 3n];
  let mixed = 0n;
  for (const word of [seed & mask, seed >> 32n, stream, 0n]) mixed = splitmix32(mixed ^ word);
  const next = reference([0n, 1n, 2n, 3n].map((i) => Number(splitmix32((mixed + i * 0x9e3779b9n) & mask))));
  const random = new Random(Number(seed), Number(stream));
  for (let i = 0; i < 1000; i++) expect(random.bits()).toBe(next());
});

test("seeds and streams give sequences of their own; the same seed gives the same one", () => {
  const first = (seed: number, stream?: number) => {
    const random = new Random(seed, stream);
    return `${random.bits()} ${random.bits()}`;
  };
  const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
  const all = seeds.flatMap((seed) => [0, 1, 2, 2 ** 33].map((stream) => first(seed, stream)));
  expect(new Set(all).size).toBe(all.length);
  expect(first(7)).toBe(first(7, 0));
});

test("a seed that is no integer is refused", () => {
  for (const seed of [0.5, Number.NaN, 2 ** 60]) {
    expect(() => new Random(seed)).toThrow(expect.objectContaining({ tag: "usage" }));
  }
});

test("uniform numbers fill [0, 1) evenly", () => {
  const random = new Random(1);
  const counts = new Float64Array(20);
  for (let i = 0; i < 200_000; i++) {
    const value = random.uniform();
    expect(value >= 0 && value < 1).toBe(true);
    counts[Math.floor(value * 20)] = (counts[Math.floor(value * 20)] ?? 0) + 1;
  }
  // χ² with 19 degrees of freedom: 43.8 is its 99.9 % quantile; the seed is fixed.
  expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(43.8);
});

test("normal numbers have the quantiles and moments of the normal distribution", () => {
  const random = new Random(2);
  const values = Float64Array.from({ length: 200_000 }, () => random.normal()).toSorted();
  // Φ⁻¹ from Python's statistics.NormalDist; the tails go through the series logarithm.
  for (const [p, quantile] of [
    [0.0005, -3.290526731491926],
    [0.01, -2.3263478740408408],
    [0.25, -0.6744897501960817],
    [0.5, 0],
    [0.9, 1.2815515655446008],
    [0.999, 3.090232306167813],
  ] as const) {
    const at = values[Math.floor(p * values.length)] ?? Number.NaN;
    const density = Math.exp((-quantile * quantile) / 2) / Math.sqrt(2 * Math.PI);
    expect(Math.abs(at - quantile)).toBeLessThan((4 * Math.sqrt((p * (1 - p)) / values.length)) / density);
  }
  const moment = (k: number) => values.reduce((sum, x) => sum + x ** k, 0) / values.length;
  expect(moment(1)).toBeCloseTo(0, 1);
  expect(moment(2)).toBeCloseTo(1, 1);
  expect(moment(4)).toBeCloseTo(3, 1);
});

test("the first normal numbers of a seed are fixed for all platforms", () => {
  const random = new Random(42);
  const first = Float64Array.from({ length: 6 }, () => random.normal());
  expect(new Uint32Array(first.buffer)).toMatchInlineSnapshot(`
    Uint32Array [
      4135166976,
      1071639722,
      1427767048,
      3218346539,
      3735121747,
      3219024421,
      495834392,
      1069222712,
      1509181594,
      1071093162,
      2997225438,
      3219100067,
    ]
  `);
});

test("integers are even for a bound that does not divide 2³²", () => {
  const random = new Random(3);
  const counts = [0, 0, 0];
  for (let i = 0; i < 30_000; i++) {
    const value = random.integer(3);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(330);
  expect(random.integer(1)).toBe(0);
  const large = Array.from({ length: 2000 }, () => random.integer(3 * 2 ** 30));
  expect(Math.max(...large)).toBeLessThan(3 * 2 ** 30);
  // Plain remainders would put half of the numbers below 2³⁰.
  expect(large.filter((value) => value < 2 ** 30).length / 2000).toBeCloseTo(1 / 3, 1);
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => random.integer(bound)).toThrow(RangeError);
});

test("a shuffle permutes, and every order is equally likely", () => {
  const random = new Random(4);
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const values = Int32Array.of(1, 2, 3, 4);
    random.shuffle(values);
    expect(values.toSorted()).toEqual(Int32Array.of(1, 2, 3, 4));
    counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
});
