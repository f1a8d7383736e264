import type { RegisterCommand } from "../context.ts";
import { mergeCommand } from "./shards/merge.ts";
import { planCommand } from "./shards/plan.ts";
import { runCommand } from "./shards/run.ts";
import { statusCommand } from "./shards/status.ts";
import { submitCommand } from "./shards/submit.ts";

/** `landfall shards …`: one inference on many machines. */
export const shardsCommand: RegisterCommand = (program, context) => {
  const shards = program.command("shards").description("The same inference on a cluster: plan, run, merge its shards.");
  for (const register of [planCommand, runCommand, statusCommand, mergeCommand, submitCommand])
    register(shards, context);
};
