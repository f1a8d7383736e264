/**
 * Markers: the one file that says that a shard is done.
 * @module
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeError } from "../../../data/node/atomic.ts";
import { ShardMarker, type ShardPlan } from "../../../schemas/index.ts";
import { shardBlocks, shardBytes, shardRange } from "../../shards/shard-grid.ts";
import type { RunFolder } from "./run-folder.ts";
import { hasObjects } from "./shard-objects.ts";

/** A run and its plan. */
export interface PlannedRun {
  readonly run: RunFolder;
  readonly plan: ShardPlan;
}

/** Where the marker of a shard is. */
export function markerPath({ done }: RunFolder, shard: number): string {
  return join(done, `${shard}.json`);
}

/** The marker of a shard, if it is of this plan and its data is there in full length. */
export async function readMarker(of: PlannedRun, shard: number): Promise<ShardMarker | undefined> {
  const marker = markerOf(await readFile(markerPath(of.run, shard), "utf8").catch(() => ""));
  return marker !== undefined && (await isValid(marker, of, shard)) ? marker : undefined;
}

/** The markers of all shards that are committed, ascending. */
export async function readMarkers(of: PlannedRun): Promise<ShardMarker[]> {
  const markers: ShardMarker[] = [];
  for (let shard = 0; shard < of.plan.shards; shard += 1) {
    const marker = await readMarker(of, shard);
    if (marker !== undefined) markers.push(marker);
  }
  return markers;
}

/** The shards that are not committed, ascending. */
export function missingShards({ shards }: ShardPlan, markers: readonly ShardMarker[]): number[] {
  const committed = new Set(markers.map(({ shard }) => shard));
  return Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !committed.has(shard));
}

/**
 * Takes away a marker that `isWrong` (undefined: unreadable), so that its shard can be committed again. One that another
 * process has put there in the meantime is put back.
 * @throws AppError `cannot-create`
 */
export async function discardMarker(
  run: RunFolder,
  shard: number,
  isWrong: (marker: ShardMarker | undefined) => Promise<boolean>,
): Promise<void> {
  const path = markerPath(run, shard);
  const aside = join(run.tmp, `discarded.${shard}.${randomBytes(6).toString("hex")}`);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw writeError(error, path);
  }
  // Whoever has committed after the rename has as good a marker: then this one is not needed.
  if (!(await isWrong(markerOf(await readFile(aside, "utf8"))))) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/** Whether a marker is one of this shard of this plan, with its data there in full length. */
export async function isValid(marker: ShardMarker, of: PlannedRun, shard: number): Promise<boolean> {
  const { run, plan } = of;
  if (marker.shard !== shard || marker.planHash !== plan.hash) return false;
  const { start, end } = shardRange({ samples: plan.infer.samples, shardRows: plan.shardRows }, shard);
  const isZarr = plan.infer.options.format === "zarr";
  const blocks = isZarr ? shardBlocks({ start, end }, plan.infer) : [];
  const bytes = shardBytes(end - start, isZarr ? 0 : plan.infer.rows);
  if (String(marker.objects?.map(({ block }) => block) ?? []) !== String(blocks)) return false;
  if (marker.start !== start || marker.end !== end || marker.bytes !== bytes) return false;
  const found = await stat(join(run.shards, marker.file)).catch(() => undefined);
  return found?.size === bytes && (await hasObjects(of, marker));
}

function markerOf(text: string): ShardMarker | undefined {
  try {
    return ShardMarker.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
