import { storageBytes } from "../../../data/write/row-layout.ts";
import type { PlannedShards } from "../../../infer/node/shards/plan-shards.ts";
import { shardBytes } from "../../../infer/shards/shard-grid.ts";
import type { RegisterCommand } from "../../context.ts";
import { wholeNumber } from "../../numbers.ts";
import { type InferFlags, inferChoices, inferOptions, loadChoices } from "../infer.ts";
import { counted, factLines, formatBytes } from "../models/words.ts";

interface Flags extends InferFlags {
  readonly run?: string;
  readonly shardRows?: number;
}

/** `landfall shards plan MODEL INPUT -o OUTPUT`: what `infer` would do, cut into shards. */
export const planCommand: RegisterCommand = (shards, context) => {
  const command = shards
    .command("plan")
    .description("Check an inference as a whole and cut it into shards; nothing is inferred yet.")
    .argument("<model>", "name, name:3, name@production, or a version folder that all machines see")
    .argument("<input...>", "expression files; GCTX is read at any place, text from its beginning for every shard")
    .requiredOption("-o, --output <file>", "file that the merge will write; a .zarr grows while shards run")
    .option("--run <dir>", "folder of the run, on a file system that all machines share (default: OUTPUT.shards)")
    .option(
      "--shard-rows <profiles>",
      "profiles a shard, rounded up to whole blocks (default: 128 MiB)",
      wholeNumber(1),
    );
  for (const option of inferOptions()) command.addOption(option);
  command.action(async (reference: string, inputs: string[], flags: Flags) => {
    const { signal, onProgress } = context;
    const [{ loadModelFolder }, { planShards }, { resolveModel }] = await Promise.all([
      import("../../../infer/node/load-model.ts"),
      import("../../../infer/node/shards/plan-shards.ts"),
      import("../../../registry/resolve.ts"),
    ]);
    const { output, models, orientation, samples, hgnc, batchSize, shardRows, force = false } = flags;
    const folder = flags.run ?? `${output}.shards`;
    const { dir } = await resolveModel(reference, { models });
    await using model = await loadModelFolder(dir, { ...(await loadChoices(flags)), signal });
    const what = { model, modelDir: dir, inputs, output, options: inferChoices(flags), samples, orientation, hgnc };
    const hooks = { onProgress, signal };
    const planned = await planShards({ ...what, ...hooks, folder, blockRows: batchSize, shardRows, force });
    for (const warning of planned.warnings) context.note(`warning: ${warning}`);
    context.note(summary(planned, folder));
    if (flags.json) context.print(JSON.stringify({ status: planned.status, folder, ...planned.plan }, undefined, 2));
  });
};

function summary({ status, plan }: PlannedShards, folder: string): string {
  const { infer, shards, shardRows, paths } = plan;
  if (status === "already done") return `already done: ${paths.output} (${infer.samples} profiles)`;
  const { format, storage = "float32" } = infer.options;
  // Objects of Zarr are stored as the output is; other shards become that when they are merged.
  const valueBytes = format === "zarr" ? storageBytes[storage] : 4;
  const bytes = formatBytes(shardBytes(Math.min(shardRows, infer.samples), infer.rows, valueBytes));
  return factLines([
    ["run", `${folder} (${status})`],
    ["shards", `${shards}, 0 to ${shards - 1}, of ${counted(shardRows, "profile")} (${bytes})`],
    ["output", `${paths.output}: ${infer.samples} profiles, ${infer.rows} genes`],
    ["next", `landfall shards submit ${folder}, or run and merge`],
  ]).join("\n");
}
