import type { Dropped } from "../../../data/dedupe/pair-verifier.ts";
import { Random } from "../../../data/random.ts";

/** The rule by two loops in float64 over float32 rows: the oracle. `together` says which pairs are looked at. */
export function bruteForce(
  matrix: readonly (readonly number[])[],
  distance = 1,
  together: (i: number, j: number) => boolean = () => true,
): Dropped[] {
  const rows = matrix.map((row) => Float32Array.from(row));
  return rows.flatMap((b, row) => {
    for (let i = 0; i < row; i += 1) {
      let squares = 0;
      for (const [gene, x] of b.entries()) squares += ((rows[i]?.[gene] ?? 0) - x) ** 2;
      if (together(i, row) && Math.sqrt(squares) < distance)
        return [{ row, duplicateOf: i, distance: Math.sqrt(squares) }];
    }
    return [];
  });
}

/** Log2-like profiles with sd 1 about gene means of 3 to 13. */
export function profiles(seed: number, samples: number, genes: number): number[][] {
  const random = new Random(seed);
  const means = Array.from({ length: genes }, () => 3 + 10 * random.uniform());
  return Array.from({ length: samples }, () => means.map((mean) => mean + random.normal()));
}

/** A profile at a distance of another, in a random direction, as near as float32 allows. */
export function planted(profile: readonly number[], distance: number, seed: number): number[] {
  const random = new Random(seed);
  const direction = profile.map(() => random.normal());
  const length = Math.hypot(...direction);
  return profile.map((x, gene) => x + (distance * (direction[gene] ?? 0)) / length);
}
