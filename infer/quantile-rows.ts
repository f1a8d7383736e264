import { gatherLandmarks } from "../data/genes/gather.ts";
import { mapOntoReference } from "../data/harmonise/joint-quantile.ts";
import { mapQuantiles } from "../data/harmonise/quantile.ts";
import type { Block } from "../data/source.ts";
import { AppError } from "../schemas/index.ts";
import { gatherColumns } from "./gather-columns.ts";
import type { InputPlan } from "./input-plan.ts";
import type { QuantileMap } from "./quantile-map.ts";

/** Profiles that are mapped whole at a time: of 22,000 genes 5.6 MB. */
const rowsAtOnce = 64;

/** A model's frozen references. */
export interface QuantileReferences {
  /** Mean of the sorted training landmarks, ascending, `[L]`. */
  readonly reference: readonly number[];
  /** The same of whole profiles, ascending, `[genes]`, where training mapped these. */
  readonly joint?: readonly number[] | undefined;
}

/**
 * The landmarks of a block mapped by rank: within the whole profile where the plan found all of its genes, else among
 * themselves. A profile's result depends on nothing but itself.
 * @param measured `[rows, L]`, only read
 * @returns `[rows, L]`, belongs to the caller; missing values stay missing
 * @throws AppError `bad-data` for an infinite value among the genes that are ranked
 */
export function quantileRows(
  block: Block,
  measured: Float32Array,
  { plan: { quantile, label }, model }: { readonly plan: InputPlan; readonly model: QuantileReferences },
): Float32Array {
  const { reference, joint } = model;
  if (quantile === undefined) return mapQuantiles(measured, reference);
  if (quantile.by === "columns")
    return gatherColumns(
      block,
      Int32Array.from(reference, (_, i) => quantile.start + i),
    );
  if (joint === undefined) throw new Error("quantile: whole profiles without the model's joint reference");
  return mapProfiles(block, quantile, { joint, landmarks: reference.length, label });
}

interface WholeProfiles {
  readonly joint: readonly number[];
  readonly landmarks: number;
  readonly label: string;
}

function mapProfiles(
  { start, rows, values }: Block,
  quantile: Extract<QuantileMap, { readonly by: "profile" }>,
  { joint, landmarks, label }: WholeProfiles,
): Float32Array {
  const width = rows === 0 ? 0 : values.length / rows;
  const genes = joint.length;
  const mapped = new Float32Array(rows * landmarks);
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - first);
    const some = { rows: count, values: values.subarray(first * width, (first + count) * width) };
    const profiles = gatherLandmarks(some, quantile);
    refuseInfinite(profiles, { ids: quantile.ids, start: start + first, label });
    mapOntoReference(profiles, joint, quantile.ranks);
    for (let row = 0; row < count; row += 1)
      mapped.set(profiles.subarray(row * genes, row * genes + landmarks), (first + row) * landmarks);
  }
  return mapped;
}

function refuseInfinite(
  profiles: Float32Array,
  { ids, start, label }: { readonly ids: readonly string[]; readonly start: number; readonly label: string },
): void {
  const at = profiles.findIndex((value) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY);
  if (at < 0) return;
  throw new AppError("bad-data", {
    what: "a profile that is mapped by rank has an infinite value",
    where: label,
    got: `profile ${start + Math.floor(at / ids.length) + 1}, gene ${ids[at % ids.length]}: ${profiles[at]}`,
    advice: "Write NaN for missing values; log2 of 0 needs an offset",
  });
}
