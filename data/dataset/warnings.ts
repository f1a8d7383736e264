import type { Standardisation } from "../../schemas/index.ts";
import { counted, firstOf } from "./counted.ts";
import type { DatasetPlan } from "./plan.ts";
import type { QuantilePlan } from "./quantile-plan.ts";

/**
 * Says what has seen test rows, which D-GEX does on purpose: moments, and the reference of quantile normalisation; and
 * where training rows are standardised by other moments than a model carries.
 */
export function leakWarnings(
  fittedOn: Standardisation["fittedOn"],
  { plan, quantile }: { readonly plan: DatasetPlan; readonly quantile?: QuantilePlan | undefined },
): string[] {
  if (fittedOn === "train") return [];
  const reference = plan.cohorts.find(({ cohort }) => cohort === quantile?.cohort);
  const trained = plan.cohorts.filter(({ start, end }) => plan.split.codes.subarray(start, end).includes(0));
  const seesTest = reference !== undefined && plan.split.codes.subarray(reference.start, reference.end).includes(2);
  return [
    `standardised on ${fittedOn === "all" ? "all rows" : "all rows of each cohort"}: moments have seen test rows`,
    ...(fittedOn === "cohort" && trained.length > 1
      ? [
          `a model of this dataset carries the moments of all training rows together, not those that ${trained.map(({ cohort }) => cohort).join(", ")} are each standardised by`,
        ]
      : []),
    ...(seesTest ? [`the quantile reference is of all rows of ${reference.cohort}: it has seen test rows`] : []),
  ];
}

/** Names targets that are landmarks too: a model is given them, and scores over all targets gain by it. */
export function overlapWarnings(overlap: readonly string[], targets: number): string[] {
  if (overlap.length === 0) return [];
  const names = firstOf(overlap);
  if (overlap.length === targets)
    return [
      `all targets (${targets}) are landmarks too: no score will be of a gene that a model is not given: ${names}`,
    ];
  return [
    `${overlap.length} of ${targets} targets are landmarks too, which flatters scores over all targets: ${names}`,
  ];
}

/** Names genes with one value in all training rows. */
export function constantWarnings(constant: readonly string[]): string[] {
  if (constant.length === 0) return [];
  return [`no variation in the training rows for ${counted(constant.length, "gene")}: ${firstOf(constant)}`];
}
