import { AppError, type QuantileReference, type RankRule, type Standardisation } from "../../schemas/index.ts";
import type { DatasetPlan } from "./plan.ts";

/** What the user says of a joint quantile normalisation. */
export interface QuantileRequest {
  /** Cohort that the reference is made of; absent: the first. */
  readonly cohort?: string | undefined;
  /** Rank rules by cohort, where the default is not meant. */
  readonly ranks?: Readonly<Record<string, RankRule>> | undefined;
}

/** A joint quantile normalisation before any value is read. */
export type QuantilePlan = Omit<QuantileReference, "values">;

/**
 * Decides whose rows make the reference, and how each cohort's ranks are taken: `average` for the reference's own
 * cohort and for microarrays (ids are probes), `dense` for the others, which are RNA-seq with its many equal zeros.
 * Training rows only, unless moments are to see test rows too.
 * @throws AppError `usage` for a cohort that is not there, or whose rows may not be used.
 */
export function planQuantile(
  { cohort, ranks = {} }: QuantileRequest,
  plan: Pick<DatasetPlan, "cohorts" | "split">,
  fittedOn: Standardisation["fittedOn"],
): QuantilePlan {
  const names = plan.cohorts.map((one) => one.cohort);
  const reference = plan.cohorts.find((one) => one.cohort === (cohort ?? names[0]));
  const unknown = [...(cohort === undefined ? [] : [cohort]), ...Object.keys(ranks)].filter(
    (name) => !names.includes(name),
  );
  if (reference === undefined || unknown.length > 0)
    throw new AppError("usage", {
      what: "--quantile names cohorts that are not there",
      expected: names.join(", "),
      got: unknown.join(", "),
      advice: "Name the inputs: --input NAME=FILE",
    });
  const rows = fittedOn === "train" ? "train" : "all";
  const { start, end } = reference;
  if (rows === "train" && !plan.split.codes.subarray(start, end).includes(0))
    throw new AppError("usage", {
      what: `${reference.cohort} has no training rows to make the quantile reference of`,
      advice: "Name another cohort with --quantile NAME, or let the reference see test rows with --standardise all",
    });
  const ruleOf = ({ cohort: name, by, probes }: DatasetPlan["cohorts"][number]): RankRule =>
    ranks[name] ?? (name === reference.cohort || by === "probe" || probes ? "average" : "dense");
  return {
    cohort: reference.cohort,
    rows,
    ranks: Object.fromEntries(plan.cohorts.map((one) => [one.cohort, ruleOf(one)])),
  };
}

/**
 * Reads `NAME=average` and `NAME=dense`.
 * @throws AppError `usage` when a text is neither.
 */
export function parseRanks(texts: readonly string[]): Record<string, RankRule> {
  const pairs = texts.map((text) => /^(.+)=(average|dense)$/.exec(text));
  const wrong = texts.filter((_, index) => pairs[index] === null);
  if (wrong.length > 0)
    throw new AppError("usage", {
      what: "not a rank rule of a cohort",
      expected: "NAME=average or NAME=dense",
      examples: wrong,
    });
  return Object.fromEntries(
    pairs.map((pair): [string, RankRule] => [pair?.[1] ?? "", pair?.[2] === "dense" ? "dense" : "average"]),
  );
}
