import { AppError, type SplitRecipe } from "../../schemas/index.ts";
import type { Axis, MetaColumn } from "../source.ts";
import { cellText } from "./cohorts.ts";
import { counted, firstOf } from "./counted.ts";
import { planSplit, type Split, type SplitName, splitNames } from "./split.ts";

/** The samples of a dataset with their split. */
export interface SplitSamples {
  /** With `lf_split`, and `lf_fold` and `lf_group` where the split has them. */
  readonly samples: Axis;
  readonly split: Split;
  /** Distinct groups in each split; undefined where the split has no groups. */
  readonly groups: Record<SplitName, number> | undefined;
  readonly warnings: readonly string[];
}

/**
 * Gives whole cohorts to the splits that the recipe assigns them to, and divides the other samples. Carries the
 * samples' metadata on and adds the split's columns; those of an earlier dataset are dropped.
 * @param joined samples of all cohorts, with `lf_cohort`
 * @throws AppError `usage` when a cohort or column does not exist, or there is too little to divide; `bad-data` when a
 *   sample to be divided has no group.
 */
export function splitSamples(joined: Axis, recipe: SplitRecipe): SplitSamples {
  const assigned = assignedCodes(joined, recipe);
  const divided = Int32Array.from(joined.ids.keys()).filter((sample) => assigned[sample] === undefined);
  const field = recipe.kind === "random" ? undefined : recipe.field;
  const groups = field === undefined ? undefined : groupColumn(joined, { field, divided });
  const split = divideRest(recipe, { assigned, divided, groups });
  const fields = new Map<string, MetaColumn>(joined.fields);
  for (const earlier of ["lf_split", "lf_fold", "lf_group"]) fields.delete(earlier);
  fields.set(
    "lf_split",
    Array.from(split.codes, (code) => splitNames[code] ?? ""),
  );
  if (split.folds !== undefined) fields.set("lf_fold", split.folds);
  if (groups !== undefined) fields.set("lf_group", groups);
  return {
    samples: { ids: joined.ids, fields },
    split,
    groups: groups && countGroups(groups, split.codes),
    warnings: groups === undefined ? [] : sharedGroups(groups, split.codes),
  };
}

/** Split of each sample whose cohort is assigned as a whole, undefined for the others. */
function assignedCodes({ ids, fields }: Axis, { assigned = {} }: SplitRecipe): (number | undefined)[] {
  const cohorts = fields.get("lf_cohort");
  const known = new Set(ids.map((_, sample) => cellText(cohorts, sample)));
  const unknown = Object.keys(assigned).filter((cohort) => !known.has(cohort));
  if (unknown.length > 0)
    throw new AppError("usage", {
      what: "--assign names cohorts that are not there",
      expected: [...known].join(", "),
      got: unknown.join(", "),
      advice: "Name the inputs: --input NAME=FILE",
    });
  const codes = new Map(Object.entries(assigned).map(([cohort, split]) => [cohort, splitNames.indexOf(split)]));
  return ids.map((_, sample) => codes.get(cellText(cohorts, sample)));
}

interface Rest {
  readonly assigned: readonly (number | undefined)[];
  /** Samples that are divided, ascending. */
  readonly divided: Int32Array;
  readonly groups: readonly string[] | undefined;
}

function divideRest(recipe: SplitRecipe, { assigned, divided, groups }: Rest): Split {
  const samples = { count: divided.length, groups: groups && Array.from(divided, (sample) => groups[sample] ?? "") };
  const rest = divided.length === 0 ? { codes: new Uint8Array() } : planSplit(recipe, samples);
  const codes = Uint8Array.from(assigned, (code) => code ?? 0);
  const folds = rest.folds && new Float64Array(assigned.length).fill(Number.NaN);
  divided.forEach((sample, index) => {
    codes[sample] = rest.codes[index] ?? 0;
    folds?.fill(rest.folds?.[index] ?? Number.NaN, sample, sample + 1);
  });
  if (codes.includes(0)) return { codes, ...(folds && { folds }) };
  throw new AppError("usage", {
    what: "no sample is left to train on",
    expected: "a cohort that is divided, or --assign NAME=train",
    got: `--assign ${Object.entries(recipe.assigned ?? {})
      .map(([cohort, split]) => `${cohort}=${split}`)
      .join(" ")}`,
    advice: "Leave one cohort out of --assign",
  });
}

function countGroups(groups: readonly string[], codes: Uint8Array): Record<SplitName, number> {
  const inSplit = (code: number): number =>
    new Set(groups.filter((group, sample) => group !== "" && codes[sample] === code)).size;
  return { train: inSplit(0), validation: inSplit(1), test: inSplit(2) };
}

/** Assigned cohorts may share a group with divided ones: then the user must know. */
function sharedGroups(groups: readonly string[], codes: Uint8Array): string[] {
  const first = new Map<string, number | undefined>();
  const shared = new Set<string>();
  groups.forEach((group, sample) => {
    if (!first.has(group)) first.set(group, codes[sample]);
    if (group !== "" && first.get(group) !== codes[sample]) shared.add(group);
  });
  if (shared.size === 0) return [];
  return [`${counted(shared.size, "group")} in several splits because of --assign: ${firstOf([...shared])}`];
}

function groupColumn(
  { ids, fields }: Axis,
  { field, divided }: { readonly field: string; readonly divided: Int32Array },
): string[] {
  const column = fields.get(field);
  if (column === undefined)
    throw new AppError("usage", {
      what: `the samples have no metadata column "${field}" to split by`,
      got: `columns ${[...fields.keys()].join(", ")}`,
      advice: "Choose one of these, or --split random",
    });
  const groups = ids.map((_, sample) => cellText(column, sample));
  const missing = Array.from(divided).filter((sample) => groups[sample] === "");
  if (missing.length === 0) return groups;
  throw new AppError("bad-data", {
    what: `no value in "${field}" for ${missing.length} of ${counted(divided.length, "sample")}, so their group is not known`,
    examples: missing.map((sample) => ids[sample] ?? ""),
    advice: "Fill the column in, take these samples out, or split by another column",
  });
}
