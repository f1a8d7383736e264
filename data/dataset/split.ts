import { AppError, type SplitRecipe } from "../../schemas/index.ts";
import { Random } from "../random.ts";

/** The splits in the order of their codes. */
export const splitNames = ["train", "validation", "test"] as const;
export type SplitName = (typeof splitNames)[number];

/** The samples to divide: how many, and each one's group where whole groups stay together. */
export interface SplitUnits {
  readonly count: number;
  /** One name a sample, `[count]`. */
  readonly groups?: readonly string[] | undefined;
}

/** Where each sample went. */
export interface Split {
  /** Index into {@link splitNames}, `[count]`. */
  readonly codes: Uint8Array;
  /** Fold of each sample, `[count]`, NaN for one that was not divided; only of `kfold`. */
  readonly folds?: Float64Array;
}

/**
 * Divides samples into train, validation and test; the same recipe and samples give the same split.
 *
 * Where there are groups, no group is in two splits, and which split a group falls into does not depend on the order
 * of the samples. A split with a fraction above 0 is never empty.
 * @throws AppError `usage` when there are fewer samples or groups than splits (folds) to fill.
 */
export function planSplit(recipe: SplitRecipe, { count, groups }: SplitUnits): Split {
  const random = new Random(recipe.seed);
  const parts =
    recipe.kind === "kfold" ? Array.from({ length: recipe.folds }, () => 1 / recipe.folds) : recipe.fractions;
  const part =
    groups === undefined
      ? divideSamples({ parts, count, random })
      : divideGroups({ parts, groups, random, field: recipe.kind === "random" ? "group" : (recipe.field ?? "group") });
  if (recipe.kind !== "kfold") return { codes: part };
  const validationFold = (recipe.testFold + 1) % recipe.folds;
  const codes = part.map((fold) => (fold === recipe.testFold ? 2 : fold === validationFold ? 1 : 0));
  return { codes, folds: Float64Array.from(part) };
}

/** How many samples each split holds. */
export function countSplits(codes: Uint8Array): Record<SplitName, number> {
  const counts = [0, 0, 0];
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return { train: counts[0] ?? 0, validation: counts[1] ?? 0, test: counts[2] ?? 0 };
}

interface Division {
  /** Share of each part; they add up to 1. */
  readonly parts: readonly number[];
  readonly random: Random;
}

/** Part of each sample, `[count]`: sizes by the largest remainder, members by a seeded shuffle. */
function divideSamples({ parts, count, random }: Division & { readonly count: number }): Uint8Array {
  checkEnough({ parts, units: count, what: "samples" });
  const order = Int32Array.from({ length: count }, (_, index) => index);
  random.shuffle(order);
  const sizes = partSizes(parts, count);
  const part = new Uint8Array(count);
  let next = 0;
  sizes.forEach((size, p) => {
    for (const sample of order.subarray(next, next + size)) part[sample] = p;
    next += size;
  });
  return part;
}

/** Whole numbers that add up to `count`, near `parts` · `count`, and at least 1 where the share is above 0. */
function partSizes(parts: readonly number[], count: number): number[] {
  const sizes = parts.map((share) => (share > 0 ? Math.max(1, Math.floor(share * count)) : 0));
  const deficit = (p: number): number => (parts[p] ?? 0) * count - (sizes[p] ?? 0);
  const used = parts.flatMap((share, p) => (share > 0 ? [p] : []));
  let left = count - sizes.reduce((sum, size) => sum + size, 0);
  for (; left > 0; left -= 1) {
    const p = used.reduce((best, candidate) => (deficit(candidate) > deficit(best) ? candidate : best));
    sizes[p] = (sizes[p] ?? 0) + 1;
  }
  // Raising tiny shares to one sample may have given away too many: take them back from the largest part.
  for (; left < 0; left += 1) {
    const p = sizes.indexOf(Math.max(...sizes));
    sizes[p] = (sizes[p] ?? 0) - 1;
  }
  return sizes;
}

/**
 * Part of each sample, `[samples]`, whole groups only: groups in shuffled order go to the part that lacks most samples.
 * A part with a share above 0 gets at most its share plus the largest group, and at least one group.
 */
function divideGroups({
  parts,
  groups,
  random,
  field,
}: Division & { readonly groups: readonly string[]; readonly field: string }): Uint8Array {
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  checkEnough({ parts, units: sizes.size, what: `groups in ${field}` });
  // Sorted first, so that the order of the samples has no say in the split.
  const names = [...sizes.keys()].toSorted();
  const order = Int32Array.from(names, (_, index) => index);
  random.shuffle(order);
  const lacking = parts.map((share) => share * groups.length);
  const empty = new Set(parts.flatMap((share, p) => (share > 0 ? [p] : [])));
  const candidates = [...empty];
  const partOf = new Map<string, number>();
  order.forEach((index, place) => {
    const name = names[index] ?? "";
    const mustFill = order.length - place <= empty.size;
    const allowed = mustFill ? candidates.filter((p) => empty.has(p)) : candidates;
    const p = allowed.reduce((best, other) => ((lacking[other] ?? 0) > (lacking[best] ?? 0) ? other : best));
    partOf.set(name, p);
    empty.delete(p);
    lacking[p] = (lacking[p] ?? 0) - (sizes.get(name) ?? 0);
  });
  return Uint8Array.from(groups, (group) => partOf.get(group) ?? 0);
}

function checkEnough({ parts, units, what }: { parts: readonly number[]; units: number; what: string }): void {
  const needed = parts.filter((share) => share > 0).length;
  if (units >= needed) return;
  throw new AppError("usage", {
    what: `too few ${what} to split`,
    expected: `at least ${needed}, one for each part`,
    got: String(units),
    advice: "Choose another --split, or set a fraction to 0",
  });
}
