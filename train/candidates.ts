import { AppError } from "../schemas/errors.ts";

/** A value of a hyper-parameter with its validation MAE (z units). */
export interface Candidate {
  readonly value: number;
  readonly validationMae: number;
}

/** The candidate with the smallest validation MAE; the first of equals. */
export function best(candidates: readonly Candidate[]): Candidate {
  const [first, ...rest] = candidates;
  if (first === undefined) throw new AppError("internal", { what: "no candidate was scored" });
  return rest.reduce((a, b) => (b.validationMae < a.validationMae ? b : a), first);
}

/** Says so when the winner sits at an end of its grid: the optimum may lie outside. */
export function edgeNote(name: string, chosen: number, values: readonly number[]): string[] {
  if (values.length < 2) return [];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (chosen !== low && chosen !== high) return [];
  return [`${name} = ${chosen} is the ${chosen === low ? "smallest" : "largest"} candidate tried: widen the grid`];
}

/** Values to try need validation rows to be told apart. */
export function requireValidation(name: string, count: number): void {
  if (count > 0) return;
  throw new AppError("usage", {
    what: `several values of ${name} to choose from, but the dataset has no validation rows`,
    advice: `Give one value of ${name}, or prepare the dataset with a validation fraction`,
  });
}
