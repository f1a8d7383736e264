/**
 * The sets of held-out rows under the names that D-GEX's authors give them: `va` and `te` of the cohort that trains,
 * other cohorts by their own names (1000G, GTEx).
 * @module
 */
import type { SplitName } from "../standardised.ts";

/** Rows of one split, all of them or one cohort's. */
export interface HeldOutSet {
  /** `va`, `te`, a cohort, or a cohort with `_va` or `_te` where it has rows of both: fit for a file's name. */
  readonly name: string;
  readonly split: "validation" | "test";
  /** Absent: all rows of the split. */
  readonly cohort?: string;
  /** Keys of the set in an epoch's `mae`, the first that is there counts. */
  readonly keys: readonly string[];
}

/** What is asked of a dataset: the cohorts with rows of a split. */
export type CohortsOf = (split: SplitName) => readonly string[];

const paperNames = { validation: "va", test: "te" } as const;

const fileName = (cohort: string): string => cohort.replaceAll(/[^\w.-]/g, "_");

/** The one cohort that all training rows come from. */
function homeOf(cohortsOf: CohortsOf): string | undefined {
  const cohorts = cohortsOf("train");
  return cohorts.length === 1 ? cohorts[0] : undefined;
}

function setsOfSplit(cohortsOf: CohortsOf, split: "validation" | "test"): HeldOutSet[] {
  const cohorts = cohortsOf(split);
  const home = homeOf(cohortsOf);
  const others = cohortsOf(split === "validation" ? "test" : "validation");
  const whole: HeldOutSet = { name: paperNames[split], split, keys: [split] };
  // Without a home among them, all rows together are what D-GEX calls va and te.
  const wholeFirst = cohorts.length > 1 && (home === undefined || !cohorts.includes(home));
  const one = (cohort: string): HeldOutSet => {
    const own = others.includes(cohort) ? `${fileName(cohort)}_${paperNames[split]}` : fileName(cohort);
    const isHome = cohort === home || (cohorts.length === 1 && home === undefined);
    const keys = [`${split}:${cohort}`, ...(cohorts.length === 1 ? [split] : [])];
    return { name: isHome ? paperNames[split] : own, split, cohort, keys };
  };
  const sets = [...(wholeFirst ? [whole] : []), ...cohorts.map(one)];
  return sets.toSorted((a, b) => Number(b.name === whole.name) - Number(a.name === whole.name));
}

/**
 * The held-out sets in the order of the authors' log: `va`, `te`, validation sets of other cohorts, their test sets.
 * With rows of GEO in all splits, 1000G in validation and GTEx in test: va, te, 1000G, GTEx.
 */
export function heldOutSets(cohortsOf: CohortsOf): HeldOutSet[] {
  const sets = [...setsOfSplit(cohortsOf, "validation"), ...setsOfSplit(cohortsOf, "test")];
  const isPaperName = ({ name, split }: HeldOutSet): boolean => name === paperNames[split];
  return [...sets.filter(isPaperName), ...sets.filter((set) => !isPaperName(set))];
}

/**
 * What a kept net was selected on, by {@link KeptNet}'s name: `validation`, `validation:COHORT`, or `last` where there are
 * no validation rows. `all` where all validation rows are more than the set called `va`.
 */
export function selectionOf(kept: string, sets: readonly HeldOutSet[]): { name: string; set: HeldOutSet | undefined } {
  const cohort = /^validation:(.*)/s.exec(kept)?.[1];
  const validation = sets.filter(({ split }) => split === "validation");
  const named = validation.find((set) => cohort !== undefined && set.cohort === cohort);
  if (named !== undefined) return { name: named.name, set: named };
  if (kept === "last") return { name: "last", set: undefined };
  const whole = validation.find((set) => set.keys.includes("validation"));
  return { name: whole?.name ?? "all", set: whole };
}
