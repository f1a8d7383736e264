import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** What a scheduler tells a task about itself, in the environment (Slurm: sbatch(1), output environment variables). */
export type TaskEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * A name that no other attempt has: node, job, restart, process, random. Two processes of one task, and two tasks of one
 * shard, so never write the same file.
 */
export function attemptName(environment: TaskEnvironment): string {
  const node = environment["SLURMD_NODENAME"] ?? hostname();
  const job = environment["SLURM_JOB_ID"] ?? "local";
  const restart = environment["SLURM_RESTART_COUNT"] ?? "0";
  const parts = [node, job, restart, String(process.pid), randomBytes(4).toString("hex")];
  return parts.map((part) => part.replaceAll(/[^\w.]+/g, "_")).join("-");
}
