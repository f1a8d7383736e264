import type { RegisterCommand } from "../../context.ts";
import { tablesOf } from "../infer.ts";
import { orJson } from "../models/options.ts";

interface Flags {
  readonly clean?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `landfall shards merge RUN`: committed shards → the output of a single run. */
export const mergeCommand: RegisterCommand = (shards, context) => {
  const command = shards
    .command("merge")
    .description("Put the output together, byte for byte that of a single run; go on where it was stopped.")
    .argument("<run>", "folder that `shards plan` made")
    .option("--clean", "remove the run's folder when the output is in its place")
    .option("--force", "replace an output of another model, input or options");
  orJson(command).action(async (folder: string, { clean, force, json }: Flags) => {
    const { signal, onProgress } = context;
    const { mergeShards } = await import("../../../infer/node/shards/merge-shards.ts");
    const line = ["landfall", ...process.argv.slice(2)].join(" ");
    const { status, output, run } = await mergeShards({ folder, clean, force, command: line, signal, onProgress });
    for (const warning of run.warnings) context.note(`warning: ${warning}`);
    const { samples, rows, options } = run.plan;
    const tables = tablesOf(options.format, output);
    const beside = tables.length > 0 ? `; tables: ${tables.join(", ")}` : "";
    context.note(`${status}: ${output} (${samples} profiles, ${rows} genes)${beside}`);
    if (json === true) {
      const facts = { status, output, ...(tables.length > 0 && { tables }), ...run };
      context.print(JSON.stringify(facts, undefined, 2));
    }
  });
};
