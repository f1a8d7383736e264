import { AppError } from "../schemas/errors.ts";

/** A value of a hyper-parameter with its validation MAE (z units). */
export interface Candidate {
  readonly value: number;
  readonly validationMae: number;
}

/** What validation rows say of the values tried, in the order tried. */
export interface CandidateScores {
  /** Over all validation rows. */
  readonly all: readonly Candidate[];
  /** Over each cohort's validation rows; empty where there is only one cohort. */
  readonly byCohort: ReadonlyMap<string, readonly Candidate[]>;
}

/** A value taken, with what a run records of the choice. */
export interface Choice {
  readonly value: number;
  /** The scores that it was chosen by, then those on every cohort as `<name> on <cohort>`. */
  readonly candidates: readonly (Candidate & { readonly name: string })[];
  readonly notes: readonly string[];
}

/** The candidate with the smallest validation MAE; the first of equals. */
export function best(candidates: readonly Candidate[]): Candidate {
  const [first, ...rest] = candidates;
  if (first === undefined) throw new AppError("internal", { what: "no candidate was scored" });
  return rest.reduce((a, b) => (b.validationMae < a.validationMae ? b : a), first);
}

/**
 * The scores that a choice goes by: one cohort's, or those of all validation rows.
 * @throws AppError `usage` when the cohort has no validation rows.
 */
export function scoresToChooseBy({ all, byCohort }: CandidateScores, selectOn?: string): readonly Candidate[] {
  // Where there is one cohort its rows are all rows; that it is the one named was checked by `requireValidation`.
  return selectOn === undefined || byCohort.size === 0 ? all : (byCohort.get(selectOn) ?? []);
}

/** The best value on a validation set, `validation` (all rows) or `validation:COHORT`. */
export function bestOn({ all, byCohort }: CandidateScores, set: string): number {
  const cohort = /^validation:(.*)/s.exec(set)?.[1];
  return best(cohort === undefined ? all : (byCohort.get(cohort) ?? [])).value;
}

/** Takes the best value on all validation rows or on one cohort's, and says where another set would choose otherwise. */
export function choose(name: string, scores: CandidateScores, selectOn?: string): Choice {
  const scored = scoresToChooseBy(scores, selectOn);
  const { value } = best(scored);
  const named = (label: string, list: readonly Candidate[]) => list.map((candidate) => ({ name: label, ...candidate }));
  return {
    value,
    candidates: [
      ...named(name, scored),
      ...[...scores.byCohort].flatMap(([cohort, list]) => named(`${name} on ${cohort}`, list)),
    ],
    notes: [
      ...edgeNote(
        name,
        value,
        scored.map((candidate) => candidate.value),
      ),
      ...[...scores.byCohort].flatMap(([cohort, list]) => otherwise(name, { cohort, list, value })),
    ],
  };
}

/** A note where a cohort's best is another value than the one taken. */
function otherwise(
  name: string,
  { cohort, list, value }: { readonly cohort: string; readonly list: readonly Candidate[]; readonly value: number },
): string[] {
  const own = best(list);
  const taken = list.find((candidate) => candidate.value === value);
  if (own.value === value || taken === undefined) return [];
  const mae = (candidate: Candidate): string => `MAE ${candidate.validationMae.toFixed(4)}`;
  return [`${name} = ${own.value} is best on ${cohort} (${mae(own)}); ${value} was taken (${mae(taken)})`];
}

/** Says so when the winner sits at an end of its grid: the optimum may lie outside. */
export function edgeNote(name: string, chosen: number, values: readonly number[]): string[] {
  if (values.length < 2) return [];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (chosen !== low && chosen !== high) return [];
  return [`${name} = ${chosen} is the ${chosen === low ? "smallest" : "largest"} candidate tried: widen the grid`];
}

/** The part of `TrainingData` that tells whether there is anything to choose on. */
export interface ValidationRows {
  cohortsOf(split: "validation"): readonly string[];
  count(split: "validation", cohort?: string): number;
}

/**
 * Values to try need validation rows to be told apart.
 * @throws AppError `usage` when there are none, or none of the cohort to choose on.
 */
export function requireValidation(name: string, data: ValidationRows, selectOn?: string): void {
  if (data.count("validation") === 0)
    throw new AppError("usage", {
      what: `several values of ${name} to choose from, but the dataset has no validation rows`,
      advice: `Give one value of ${name}, or prepare the dataset with a validation fraction`,
    });
  if (selectOn === undefined || data.cohortsOf("validation").includes(selectOn)) return;
  throw new AppError("usage", {
    what: `the cohort to choose ${name} on has no validation rows`,
    where: "selectOn",
    expected: data.cohortsOf("validation").join(", "),
    got: selectOn,
  });
}
