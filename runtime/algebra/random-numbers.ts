/** Random numbers of a seed, as `data/random.ts` makes them: what fits are given that draw. */
export interface RandomNumbers {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** A uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Permutes in place, every order equally likely. */
  shuffle(values: Int32Array): void;
}
