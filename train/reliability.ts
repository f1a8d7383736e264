import type { GeneRecord } from "../schemas/index.ts";

/** Pearson correlation on validation rows from which on a target counts as well, or moderately, inferred. */
const highCorrelation = 0.8;
const mediumCorrelation = 0.5;

/** The reliability tier of a target by its validation correlation; a gene that does not vary is not reliable. */
export function reliabilityOf(r: number | undefined): NonNullable<GeneRecord["reliability"]> {
  if (r === undefined || !(r >= mediumCorrelation)) return "low";
  return r >= highCorrelation ? "high" : "medium";
}
