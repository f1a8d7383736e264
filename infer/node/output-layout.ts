/**
 * The output in the making: laid out in its own format where that is written in place, else as GCTX, to be converted when
 * it is whole.
 * @module
 */
import type { ProfileWriter } from "../../data/node/profile-writer.ts";
import { holdsRows, RowFile } from "../../data/node/row-file.ts";
import { holdsZarr, wholeShards, ZarrFolder } from "../../data/node/zarr-folder.ts";
import { arrowLayout } from "../../data/write/arrow-layout.ts";
import { gctxLayout } from "../../data/write/gctx-layout.ts";
import type { MatrixContent } from "../../data/write/matrix-content.ts";
import type { RowLayout } from "../../data/write/row-layout.ts";
import { type ZarrLayout, zarrLayout } from "../../data/write/zarr-layout.ts";
import type { InferPlan } from "../../schemas/index.ts";
import { blockCount } from "../plan.ts";

/** Where everything of an output lies before the first profile is computed. */
export type OutputLayout =
  | { readonly format: "gctx" | "arrow"; readonly rows: RowLayout }
  | { readonly format: "zarr"; readonly zarr: ZarrLayout };

/**
 * Lays out the output of a plan; a block of the plan is a shard of Zarr.
 * @throws AppError `bad-data` for ids and fields that the format cannot hold
 */
export function outputLayout(content: MatrixContent, plan: Pick<InferPlan, "options" | "blockRows">): OutputLayout {
  const { format } = plan.options;
  if (format === "zarr") return { format, zarr: zarrLayout(content, plan.blockRows) };
  if (format === "arrow") return { format, rows: arrowLayout(content) };
  return { format: "gctx", rows: gctxLayout(content) };
}

/** Ids and metadata cells that a layout had to change. */
export function transliterated(layout: OutputLayout): number {
  return layout.format === "zarr" ? 0 : layout.rows.transliterated;
}

/** Makes the output in the making. @throws AppError `cannot-create` */
export async function createOutput(path: string, layout: OutputLayout): Promise<ProfileWriter> {
  return layout.format === "zarr"
    ? await ZarrFolder.create(path, layout.zarr)
    : await RowFile.create(path, layout.rows);
}

/** Opens what {@link createOutput} made, to go on. @throws AppError `other-plan`, `cannot-create` */
export async function reopenOutput(path: string, layout: OutputLayout): Promise<ProfileWriter> {
  return layout.format === "zarr"
    ? await ZarrFolder.reopen(path, layout.zarr)
    : await RowFile.reopen(path, layout.rows);
}

/** True when what is at `path` has this layout, whatever its values. */
export async function holdsOutput(path: string, layout: OutputLayout): Promise<boolean> {
  return layout.format === "zarr" ? await holdsZarr(path, layout.zarr) : await holdsRows(path, layout.rows);
}

/** The blocks that may be missing of those on record: shards of Zarr are objects, which can be lost one by one. */
export async function lostBlocks(path: string, layout: OutputLayout, plan: InferPlan): Promise<readonly number[]> {
  if (layout.format !== "zarr") return [];
  const whole = await wholeShards(path, layout.zarr);
  return Array.from({ length: blockCount(plan) }, (_, block) => block).filter((block) => !whole.has(block));
}
