import { exists } from "../../../data/node/exists.ts";
import type { ShardStatus } from "../../../schemas/index.ts";
import { formatArraySpec } from "../../shards/array-spec.ts";
import { jobFiles, readRecord } from "../job-files.ts";
import { missingShards, readMarkers } from "./marker.ts";
import { readShardPlan, runFolder } from "./run-folder.ts";

/** A run's status, and its missing shards one by one. */
export interface ShardsStatus {
  readonly status: ShardStatus;
  readonly missing: readonly number[];
}

/** How far the run in `folder` is; only looks. @throws AppError `no-input`, `bad-data` as `readShardPlan` */
export async function shardsStatus(folder: string): Promise<ShardsStatus> {
  const run = runFolder(folder);
  const plan = await readShardPlan(run);
  const markers = await readMarkers({ run, plan });
  const missing = missingShards(plan, markers);
  const { output, record } = jobFiles(plan.paths.output);
  const isThere = await exists(output);
  const status: ShardStatus = {
    output,
    shards: plan.shards,
    committed: markers.length,
    missing: formatArraySpec(missing),
    profiles: {
      committed: markers.reduce((sum, { start, end }) => sum + end - start, 0),
      total: plan.infer.samples,
    },
    bytes: markers.reduce(
      (sum, { bytes, objects = [] }) => objects.reduce((all, one) => all + one.bytes, sum + bytes),
      0,
    ),
    merged: isThere && (await readRecord(record))?.plan.hash === plan.infer.hash,
  };
  return { status, missing };
}
