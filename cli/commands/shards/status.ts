import type { ShardStatus } from "../../../schemas/index.ts";
import type { RegisterCommand } from "../../context.ts";
import { orJson } from "../models/options.ts";
import { factLines, formatBytes } from "../models/words.ts";

interface Flags {
  readonly array?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** `landfall shards status RUN`: how far a run is, and what is missing in the words of a scheduler. */
export const statusCommand: RegisterCommand = (shards, context) => {
  const command = shards
    .command("status")
    .description("Show how far a run is.")
    .argument("<run>", "folder that `shards plan` made")
    .option("--array", "print the missing shards as a Slurm array: 2,17-19")
    .option("--list", "print the missing shards, one a line");
  orJson(command).action(async (folder: string, { array, list, json }: Flags) => {
    const { shardsStatus } = await import("../../../infer/node/shards/status.ts");
    const { status, missing } = await shardsStatus(folder);
    if (json === true) context.print(JSON.stringify(status, undefined, 2));
    else if (array === true) context.print(status.missing);
    else if (list !== true) context.print(statusText(status));
    else if (missing.length > 0) context.print(missing.join("\n"));
  });
};

function statusText({ output, shards, committed, missing, profiles, bytes, merged }: ShardStatus): string {
  const share = ((100 * profiles.committed) / profiles.total).toFixed(1);
  return factLines([
    ["output", `${output} (${merged ? "merged" : "not merged yet"})`],
    ["shards", `${committed} of ${shards} committed, ${formatBytes(bytes)}`],
    ["profiles", `${profiles.committed} of ${profiles.total} (${share} %)`],
    ["missing", missing === "" ? undefined : missing],
  ]).join("\n");
}
