/**
 * A sharded run as two Slurm jobs: an array with a task a shard, and the merge that waits for it (sbatch(1)).
 * @module
 */

/** What a site lets a job have. */
export interface SlurmResources {
  /** Time limit of a task, in Slurm's notation: `90`, `1:30:00`. */
  readonly time: string;
  /** Time limit of the merge. */
  readonly mergeTime: string;
  readonly cpus: number;
  /** Memory of a task, in Slurm's notation: `4G`. */
  readonly memory: string;
  readonly partition?: string | undefined;
  /** Most tasks at once. */
  readonly throttle?: number | undefined;
  /** How often the merge may send again what is missing. */
  readonly rounds: number;
  /** Further arguments of sbatch, for both jobs: `--account=lab`. */
  readonly sbatch: readonly string[];
}

/** What to send. */
export interface SlurmJob {
  /** Absolute paths. */
  readonly paths: {
    readonly run: string;
    readonly log: string;
    /** The script of a task: `templates/slurm/shards.sbatch`. */
    readonly shards: string;
    /** The script of the merge: `templates/slurm/merge.sbatch`. */
    readonly merge: string;
  };
  /** The missing shards as an index list; "" sends the merge alone. */
  readonly missing: string;
  /** How the machines call landfall. */
  readonly landfall: readonly string[];
  readonly resources: SlurmResources;
}

/** A word as bash reads it back. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The options of `landfall shards submit` by which the merge sends the next round; none when there is none left. */
export function nextRound({ rounds, ...resources }: SlurmResources): string[] {
  if (rounds === 0) return [];
  const { mergeTime, memory, sbatch, ...same } = resources;
  const next = { engine: "slurm", ...same, "merge-time": mergeTime, mem: memory, rounds: rounds - 1 };
  return [...optionWords(next), ...sbatch.map((argument) => `--sbatch=${argument}`)];
}

/** The bash script that sends both jobs and prints their ids, the merge's last. */
export function slurmSubmission({ paths, missing, landfall, resources }: SlurmJob): string {
  const { time, mergeTime, cpus, memory, partition, throttle, sbatch } = resources;
  const both = [...optionWords({ partition, mem: memory }), ...sbatch];
  const atOnce = throttle === undefined ? "" : `%${throttle}`;
  const output = `${paths.log}/shards-%A_%a.out`;
  const array = optionWords({ array: missing + atOnce, time, "cpus-per-task": cpus, output });
  const merge = optionWords({ time: mergeTime, output: `${paths.log}/merge-%j.out` });
  const sendArray = words([...array, ...both, paths.shards, paths.run, ...landfall]);
  const sendMerge = words([...merge, ...both, paths.merge, paths.run, ...landfall, "--", ...nextRound(resources)]);
  const intro = [
    "#!/bin/bash",
    "# Written by `landfall shards submit`: sends the run's missing shards, and the merge that waits for them.",
    "set -euo pipefail",
  ];
  const jobs =
    missing === ""
      ? [`sbatch --parsable ${sendMerge}`]
      : [
          `array=$(sbatch --parsable ${sendArray})`,
          `echo "$array"`,
          // In a federation sbatch prints `id;cluster`. afterany: the merge finds out by itself what failed.
          `sbatch --parsable --dependency="afterany:\${array%%;*}" ${sendMerge}`,
        ];
  return `${[...intro, ...jobs].join("\n")}\n`;
}

/** `--name=value` of what has a value. */
function optionWords(options: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}

function words(all: readonly string[]): string {
  return all.map(shellWord).join(" ");
}
