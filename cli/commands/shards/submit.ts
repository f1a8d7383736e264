import { join } from "node:path";
import { Option } from "commander";
import { packageRoot } from "../../../data/node/package-root.ts";
import type { Submission } from "../../../infer/node/shards/submit.ts";
import type { RegisterCommand } from "../../context.ts";
import { launcher } from "../../launcher.ts";
import { wholeNumber } from "../../numbers.ts";
import { repeatable } from "../../repeatable.ts";

interface Flags {
  readonly engine: "slurm";
  readonly time: string;
  readonly mergeTime: string;
  readonly cpus: number;
  readonly mem: string;
  readonly partition?: string;
  readonly throttle?: number;
  readonly rounds: number;
  readonly sbatch: readonly string[];
  readonly dryRun?: boolean;
}

/** `landfall shards submit RUN`: the missing shards as a job array, with a merge that waits for it. */
export const submitCommand: RegisterCommand = (shards, context) => {
  shards
    .command("submit")
    .description("Write the missing shards as a job array with a dependent merge, and send it.")
    .argument("<run>", "folder that `shards plan` made")
    .addOption(new Option("--engine <engine>", "the scheduler").choices(["slurm"]).default("slurm"))
    .option("--time <limit>", "time limit of a shard, as sbatch takes it", "1:00:00")
    .option("--merge-time <limit>", "time limit of the merge", "4:00:00")
    .option("--cpus <n>", "processors of a shard", wholeNumber(1), 4)
    .option("--mem <size>", "memory of a job", "4G")
    .option("--partition <name>", "where the jobs run")
    .option("--throttle <n>", "most shards at once", wholeNumber(1))
    .option("--rounds <n>", "how often the merge sends again what is missing", wholeNumber(0), 3)
    .option("--sbatch <argument>", "a further argument of sbatch (repeatable): --sbatch=--gres=gpu:1", repeatable, [])
    .option("--dry-run", "write the jobs into the run's folder and print them, but do not send them")
    .action(async (folder: string, flags: Flags) => {
      const { submitToSlurm } = await import("../../../infer/node/shards/submit.ts");
      const { time, mergeTime, cpus, mem: memory, partition, throttle, rounds: left, sbatch, dryRun } = flags;
      const submission = await submitToSlurm({
        folder,
        templates: join(packageRoot(), "templates/slurm"),
        landfall: [process.execPath, launcher()],
        resources: { time, mergeTime, cpus, memory, partition, throttle, rounds: left, sbatch },
        dryRun,
      });
      if (dryRun === true) context.print(submission.text.trimEnd());
      else context.print(submission.jobs.join("\n"));
      context.note(summary(submission, dryRun === true));
    });
};

function summary({ script, shards, jobs }: Submission, dryRun: boolean): string {
  const what = shards === "" ? "the merge" : `shards ${shards} and the merge`;
  return dryRun ? `written: ${script} (${what})` : `sent: ${what} (${jobs.join(", ")}); ${script}`;
}
