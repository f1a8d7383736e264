import { AppError, type SplitRecipe } from "../../schemas/index.ts";
import { splitNames } from "./split.ts";

/** What `--split`, `--fractions`, `--seed` and `--test-fold` say. */
export interface SplitRequest {
  /** `random`, `group:FIELD`, `kfold:K` or `kfold:K:FIELD`. */
  readonly split: string;
  /** Shares of train, validation and test; they add up to 1. Not used by `kfold`. */
  readonly fractions: readonly [number, number, number];
  readonly seed: number;
  /** Which fold `kfold` holds out as test, from 0. */
  readonly testFold: number;
  /** Cohorts that go to one split as a whole: `NAME=train`, `NAME=validation` or `NAME=test` each. */
  readonly assign?: readonly string[];
}

/**
 * Reads the split grammar of `landfall prepare`.
 * @throws AppError `usage` when the text is no split, or a number is out of range.
 */
export function parseSplit({ assign = [], ...request }: SplitRequest): SplitRecipe {
  const recipe = parseDivision(request);
  return assign.length === 0 ? recipe : { ...recipe, assigned: parseAssigned(assign) };
}

function parseDivision({ split, fractions, seed, testFold }: Omit<SplitRequest, "assign">): SplitRecipe {
  const [kind = "", first = "", ...rest] = split.split(":");
  if (kind === "random" && first === "") return { kind, fractions: checkFractions(fractions), seed };
  if (kind === "group") {
    // A field may hold colons itself: only the first one separates.
    const field = [first, ...rest].join(":");
    if (field !== "") return { kind, field, fractions: checkFractions(fractions), seed };
  }
  if (kind === "kfold" && /^\d+$/.test(first)) {
    const folds = Number(first);
    const field = rest.join(":");
    checkFolds(folds, testFold);
    return { kind, folds, testFold, seed, ...(field === "" ? {} : { field }) };
  }
  throw new AppError("usage", {
    what: "not a split",
    expected: "random, group:FIELD, kfold:K or kfold:K:FIELD",
    got: `"${split}"`,
    advice: "FIELD is a metadata column of the samples, such as project; `landfall inspect FILE` lists them",
  });
}

function parseAssigned(assign: readonly string[]): NonNullable<SplitRecipe["assigned"]> {
  const pairs = assign.map((text) => {
    const [, cohort = "", name = ""] = /^(.+)=([a-z]+)$/.exec(text) ?? [];
    return { text, cohort, split: splitNames.find((split) => split === name) };
  });
  const wrong = pairs.filter(({ split }) => split === undefined).map(({ text }) => text);
  const cohorts = pairs.map(({ cohort }) => cohort);
  const twice = cohorts.filter((cohort, index) => cohorts.indexOf(cohort) !== index);
  if (wrong.length + twice.length > 0)
    throw new AppError("usage", {
      what: wrong.length > 0 ? "not an assignment of a cohort" : "a cohort is assigned twice",
      expected: "NAME=train, NAME=validation or NAME=test, every cohort once",
      examples: wrong.length > 0 ? wrong : [...new Set(twice)],
    });
  return Object.fromEntries(pairs.flatMap(({ cohort, split }) => (split === undefined ? [] : [[cohort, split]])));
}

function checkFractions(fractions: readonly [number, number, number]): [number, number, number] {
  const [train, validation, test] = fractions;
  const inRange = fractions.every((fraction) => fraction >= 0 && fraction <= 1) && train > 0;
  // Three decimal fractions add up to 1 within a few ulp; a mistyped digit is off by far more.
  if (inRange && Math.abs(train + validation + test - 1) < 1e-6) return [train, validation, test];
  throw new AppError("usage", {
    what: "the fractions of train, validation and test do not divide the samples",
    expected: "three numbers from 0 to 1 that add up to 1, the first above 0",
    got: fractions.join(","),
    advice: "For example --fractions 0.8,0.1,0.1",
  });
}

function checkFolds(folds: number, testFold: number): void {
  if (folds < 3 || folds > 255)
    throw new AppError("usage", {
      what: "the number of folds is out of range",
      expected: "3 to 255: one fold is test, the next is validation, the others are train",
      got: String(folds),
    });
  if (!Number.isInteger(testFold) || testFold < 0 || testFold >= folds)
    throw new AppError("usage", {
      what: "no such fold to hold out as test",
      expected: `0 to ${folds - 1}`,
      got: String(testFold),
    });
}
