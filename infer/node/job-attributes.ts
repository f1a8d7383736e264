import { sha256 } from "../../data/node/hash.ts";
import type { InferPlan } from "../../schemas/index.ts";

/**
 * Root attributes of what was chosen for an output beside its options: the precision of the model, and which genes and
 * samples. Long choices go by number and sha256, as in the plan: what they chose is on the axes. Defaults are left out.
 */
export function choiceAttributes({
  model: { precision, columns },
  options: { samples },
}: {
  readonly model: Pick<InferPlan["model"], "precision" | "columns">;
  readonly options: Pick<InferPlan["options"], "samples">;
}): Readonly<Record<string, string>> {
  return {
    ...(precision !== undefined && precision !== "fp32" && { lf_precision: precision }),
    ...(columns !== undefined && { lf_genes: `columns:sha256:${sha256(columns)}` }),
    ...(samples !== undefined && { lf_samples: samplesText(samples) }),
  };
}

function samplesText(choice: NonNullable<InferPlan["options"]["samples"]>): string {
  if (choice.by === "list") return `list:${choice.ids}:sha256:${choice.sha256}`;
  return choice.value === undefined ? `meta:${choice.field}` : `meta:${choice.field}=${choice.value}`;
}
