import type { ValueStorage } from "../schemas/index.ts";

/** What a file says of how its values were changed to be stored. */
export function storageAttributes({
  storage = "float32",
  round,
}: {
  readonly storage?: ValueStorage | undefined;
  readonly round?: number | undefined;
}): Readonly<Record<string, string>> {
  return {
    ...(storage !== "float32" && { lf_storage: storage }),
    ...(round !== undefined && { lf_round: String(round) }),
  };
}

/** Attributes by which an inferred file tells where its values come from, in the order in which they are written. */
export const provenanceAttributes = [
  "lf_model",
  "lf_version",
  "lf_model_hash",
  "lf_harmonise",
  "lf_quantile_ranks",
  "lf_scale",
  "lf_allow_scale_mismatch",
  "lf_precision",
  "lf_genes",
  "lf_samples",
  "lf_storage",
  "lf_round",
] as const;
