import { spawn } from "node:child_process";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { writeError, writeFileAtomic } from "../../../data/node/atomic.ts";
import { AppError } from "../../../schemas/index.ts";
import { type SlurmResources, slurmSubmission } from "../../shards/slurm-submission.ts";
import { runFolder } from "./run-folder.ts";
import { shardsStatus } from "./status.ts";

/** What {@link submitToSlurm} is given. */
export interface SubmitOptions {
  readonly folder: string;
  /** Folder with `shards.sbatch` and `merge.sbatch`: `templates/slurm`. */
  readonly templates: string;
  /** How the machines call landfall: words of a command. */
  readonly landfall: readonly string[];
  readonly resources: SlurmResources;
  /** Write the job, but do not send it. */
  readonly dryRun?: boolean | undefined;
}

/** A written job. */
export interface Submission {
  /** The script that sends it. */
  readonly script: string;
  readonly text: string;
  /** Ids of the array and of the merge, or of the merge alone; none for a dry run. */
  readonly jobs: readonly string[];
  /** The shards sent, as an index list. */
  readonly shards: string;
}

/**
 * Writes the missing shards of a run as Slurm jobs into `<run>/slurm`, and sends them.
 * @throws AppError `unavailable` when Slurm does not take them, `usage` when a shard's number is above what its arrays
 *   can have, `cannot-create`, `no-input`
 */
export async function submitToSlurm(options: SubmitOptions): Promise<Submission> {
  const { folder, templates, landfall, resources, dryRun = false } = options;
  const run = runFolder(folder);
  const { missing, status } = await shardsStatus(folder);
  if (!dryRun) await checkArraySize(missing.at(-1) ?? 0, status.shards);
  const place = join(run.folder, "slurm");
  const [shards, merge, script] = ["shards.sbatch", "merge.sbatch", "submit.sh"].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  const paths = { run: run.folder, log: run.log, shards, merge };
  const submission = slurmSubmission({ paths, missing: status.missing, landfall, resources });
  try {
    await mkdir(place, { recursive: true });
    // Copies: what the jobs run does not change when landfall is updated.
    await copyFile(join(templates, "shards.sbatch"), shards);
    await copyFile(join(templates, "merge.sbatch"), merge);
  } catch (error) {
    throw writeError(error, place);
  }
  await writeFileAtomic(script, submission);
  const jobs = dryRun ? [] : (await slurm(["bash", script])).trim().split(/\s+/);
  return { script, text: submission, jobs, shards: status.missing };
}

/** Slurm numbers the tasks of an array from 0 to `MaxArraySize` − 1 (slurm.conf(5)). */
async function checkArraySize(last: number, shards: number): Promise<void> {
  const [, most = ""] = /^MaxArraySize\s*=\s*(\d+)/m.exec(await slurm(["scontrol", "show", "config"])) ?? [];
  if (most === "" || last < Number(most)) return;
  throw new AppError("usage", {
    what: "the run has more shards than a job array of this cluster",
    expected: `at most ${most} (MaxArraySize)`,
    got: `${shards}`,
    advice: "Plan it again with a larger --shard-rows",
  });
}

/** What a command of Slurm prints. The one place where its errors are told. */
async function slurm([command = "", ...args]: readonly string[]): Promise<string> {
  const process = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | Error>((resolve) => {
    process.on("error", resolve);
    process.on("close", (code) => resolve(code ?? 1));
  });
  const [printed, complaint, end] = await Promise.all([text(process.stdout), text(process.stderr), ended]);
  if (end === 0) return printed;
  throw new AppError("unavailable", {
    what: "Slurm does not take the job",
    where: command,
    got: end instanceof Error ? end.message : complaint.trim() || `exit status ${end}`,
    advice: "Submit on a machine with Slurm's commands, or write the job with --dry-run",
  });
}
