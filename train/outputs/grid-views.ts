/**
 * Which weights are shown on which held-out set. In the paper (Chen et al. 2016) table 1 is of the test on GEO with what
 * GEO's validation rows choose, table 2 of the test on GTEx with what 1000G's rows choose: a platform's model is chosen
 * on that platform.
 * @module
 */
import { setLabel } from "./curves.ts";
import type { HeldOutSet } from "./held-out-sets.ts";

/** Errors on one set of what one validation set has chosen; both by their keys, `validation:1000G`, `test:GTEx`. */
export interface GridView {
  readonly selection: string;
  readonly set: string;
  /** Of the table in the report: 1 and 2 are the paper's; absent where the selection does not belong to the test set. */
  readonly table?: number;
}

const keyOf = ({ keys }: HeldOutSet): string => keys.at(-1) ?? "";

/** All rows of a split, or the rows of the cohort that trains: `va` and `te`. */
const isHome = ({ name }: HeldOutSet): boolean => name === "va" || name === "te";

/** True where what the validation set chooses is meant for the test set. */
function belongs(validation: HeldOutSet, test: HeldOutSet, sets: readonly HeldOutSet[]): boolean {
  if (isHome(validation) || isHome(test)) return isHome(validation) && isHome(test);
  if (validation.cohort === test.cohort) return true;
  // Cohorts with rows of both keep to themselves; 1000G has validation rows alone, GTEx test rows alone.
  const splitsOf = ({ cohort }: HeldOutSet): number => sets.filter((set) => set.cohort === cohort).length;
  return splitsOf(validation) === 1 && splitsOf(test) === 1;
}

/**
 * The views of a dataset's held-out sets: every validation set's selection on the test sets that it is meant for, and on
 * itself. A test set that none is meant for is seen with the first selection, without a table's number.
 */
export function gridViews(sets: readonly HeldOutSet[]): GridView[] {
  const validations = sets.filter(({ split }) => split === "validation");
  const tests = sets.filter(({ split }) => split === "test");
  const orphans = tests.filter((test) => !validations.some((validation) => belongs(validation, test, sets)));
  let table = 0;
  return validations.flatMap((validation, at) => {
    const selection = keyOf(validation);
    const own = tests.filter((test) => belongs(validation, test, sets));
    return [
      ...own.map((test): GridView => ({ selection, set: keyOf(test), table: ++table })),
      ...(at === 0 ? orphans : []).map((test): GridView => ({ selection, set: keyOf(test) })),
      { selection, set: selection },
    ];
  });
}

/** `GTEx (test), chosen on 1000G (validation)`. */
export function viewName({ selection, set }: Pick<GridView, "selection" | "set">): string {
  return selection === set ? setLabel(set) : `${setLabel(set)}, chosen on ${setLabel(selection)}`;
}

/** Why there is no table 2, and what a test set without a selection of its own is shown with. */
export function viewNotes(views: readonly GridView[]): string[] {
  const selections = new Set(views.map(({ selection }) => selection));
  const tables = views.filter(({ table }) => table !== undefined);
  const orphans = views.filter(({ table, selection, set }) => table === undefined && selection !== set);
  const why =
    selections.size === 1
      ? `${setLabel([...selections][0] ?? "")} is the only validation set`
      : "no second validation set belongs to a test set";
  return [
    ...(selections.size > 0 && tables.length < 2
      ? [`there is no table 2, whose weights are chosen on a validation set of the other platform: ${why}`]
      : []),
    ...orphans.map(
      ({ selection, set }) =>
        `no validation set belongs to ${setLabel(set)}: it is shown with what ${setLabel(selection)} chooses`,
    ),
  ];
}
