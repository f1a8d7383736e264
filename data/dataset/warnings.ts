import type { Standardisation } from "../../schemas/index.ts";
import { counted, firstOf } from "./counted.ts";
import type { DatasetPlan } from "./plan.ts";
import type { QuantilePlan } from "./quantile-plan.ts";

/** Says what has seen test rows, which D-GEX does on purpose: moments, and the reference of quantile normalisation. */
export function leakWarnings(
  fittedOn: Standardisation["fittedOn"],
  { plan, quantile }: { readonly plan: DatasetPlan; readonly quantile?: QuantilePlan | undefined },
): string[] {
  if (fittedOn === "train") return [];
  const reference = plan.cohorts.find(({ cohort }) => cohort === quantile?.cohort);
  const seesTest = reference !== undefined && plan.split.codes.subarray(reference.start, reference.end).includes(2);
  return [
    `standardised on ${fittedOn === "all" ? "all rows" : "all rows of each cohort"}: moments have seen test rows`,
    ...(seesTest ? [`the quantile reference is of all rows of ${reference.cohort}: it has seen test rows`] : []),
  ];
}

/** Names genes with one value in all training rows. */
export function constantWarnings(constant: readonly string[]): string[] {
  if (constant.length === 0) return [];
  return [`no variation in the training rows for ${counted(constant.length, "gene")}: ${firstOf(constant)}`];
}
