import type { Random } from "../../data/random.ts";

/** Values of U(−limit, limit) in the order of the kernel's elements. */
export function uniform(count: number, limit: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => (2 * random.uniform() - 1) * limit);
}

/** The limit of Glorot & Bengio 2010 (eq. 16): √(6/(inputs + units)). */
export function glorotLimit(inputs: number, units: number): number {
  return Math.sqrt(6 / (inputs + units));
}
