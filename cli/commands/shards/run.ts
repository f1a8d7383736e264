import { parseArraySpec } from "../../../infer/shards/array-spec.ts";
import type { RegisterCommand } from "../../context.ts";
import { wholeNumber } from "../../numbers.ts";
import { counted } from "../models/words.ts";

interface Flags {
  readonly index?: string;
  readonly threads?: number;
}

/** `landfall shards run RUN`: what one task of a cluster does. */
export const runCommand: RegisterCommand = (shards, context) => {
  shards
    .command("run")
    .description("Compute and commit shards that are missing; any number of processes may, on any machine.")
    .argument("<run>", "folder that `shards plan` made")
    .option("--index <list>", "which shards, as in a job array: 3, or 2,17-19 (default: all)")
    .option("--threads <n>", "threads to compute with (default: the machine's cores)", wholeNumber(1))
    .action(async (folder: string, { index, threads }: Flags) => {
      const { signal, onProgress, note } = context;
      const { runShards } = await import("../../../infer/node/shards/run-shards.ts");
      const { committed, already } = await runShards({
        folder,
        pick: index === undefined ? undefined : (plan) => parseArraySpec(index, plan.shards),
        threads,
        environment: process.env,
        signal,
        onProgress,
      });
      const before = already.length > 0 ? `, ${already.length} committed by others` : "";
      note(`${counted(committed.length, "shard")} committed${before}`);
    });
};
