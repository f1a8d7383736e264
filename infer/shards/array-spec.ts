/**
 * Shards as schedulers write them: the index list of a Slurm job array (sbatch(1), `--array`).
 * @module
 */
import { AppError } from "../../schemas/index.ts";

/** `2,17-19` of ascending shards; "" of none. */
export function formatArraySpec(shards: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const shard of shards) {
    const run = runs.at(-1);
    if (run !== undefined && run.last === shard - 1) run.last = shard;
    else runs.push({ first: shard, last: shard });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

/**
 * The shards of a list such as `2,17-19`, ascending, each once.
 * @throws AppError `usage` for a list that is none, or shards that the run does not have
 */
export function parseArraySpec(spec: string, shards: number): number[] {
  const found = new Set<number>();
  const wrong: string[] = [];
  for (const part of spec.split(",")) {
    const [, first = "", last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === "" || from > to || to >= shards) wrong.push(part.trim() === "" ? "(nothing)" : part.trim());
    else for (let shard = from; shard <= to; shard += 1) found.add(shard);
  }
  if (wrong.length === 0) return [...found].toSorted((a, b) => a - b);
  throw new AppError("usage", {
    what: "these are not shards of this run",
    expected: `a list like 2,17-19 of shards from 0 to ${shards - 1}`,
    examples: wrong,
  });
}
