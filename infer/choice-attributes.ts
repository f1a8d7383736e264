import type { InferPlan } from "../schemas/index.ts";
import type { QuantileRanks } from "./quantile-map.ts";

/** What of an inference was chosen beside its options. */
export interface OutputChoice {
  /** Of the weights that run. */
  readonly precision: InferPlan["model"]["precision"];
  /** sha256 of the places of the targets inferred, as a plan names them; undefined: all were. */
  readonly columnsSha256: string | undefined;
  /** Rule by which whole profiles were mapped onto the joint reference; absent: none were. */
  readonly quantileRanks?: QuantileRanks | undefined;
  readonly samples?: InferPlan["options"]["samples"];
}

/**
 * Root attributes of what was chosen for an output beside its options: how whole profiles were ranked, the precision of
 * the model, and which genes and samples. Long choices go by number and sha256, as in the plan: what they chose is on the
 * axes. Defaults are left out.
 */
export function choiceAttributes({
  precision,
  columnsSha256,
  quantileRanks,
  samples,
}: OutputChoice): Readonly<Record<string, string>> {
  return {
    ...(quantileRanks !== undefined && { lf_quantile_ranks: quantileRanks }),
    ...(precision !== undefined && precision !== "fp32" && { lf_precision: precision }),
    ...(columnsSha256 !== undefined && { lf_genes: `columns:sha256:${columnsSha256}` }),
    ...(samples !== undefined && { lf_samples: samplesText(samples) }),
  };
}

function samplesText(choice: NonNullable<OutputChoice["samples"]>): string {
  if (choice.by === "list") return `list:${choice.ids}:sha256:${choice.sha256}`;
  return choice.value === undefined ? `meta:${choice.field}` : `meta:${choice.field}=${choice.value}`;
}
