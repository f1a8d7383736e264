import type { GeneTransform } from "../../schemas/index.ts";

/** Largest |a − b| of two vectors of one length; undefined for different lengths. */
function maxAbs(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length !== b.length) return undefined;
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

/** How two standardisations compare, in units of the models' scale. */
export interface TransformDiff {
  /** `epsilon` and `clip` where they differ: `clip: 8 → none`. */
  readonly settings: readonly string[];
  /** Largest |a − b| of the moments, by part; null where the numbers of genes differ. */
  readonly moments: Readonly<Record<string, number | null>>;
  readonly equal: boolean;
}

/** Compares what two models do to values before and after the net. */
export function diffTransforms(a: GeneTransform, b: GeneTransform): TransformDiff {
  const settings = (["epsilon", "clip"] as const)
    .filter((field) => a[field] !== b[field])
    .map((field) => `${field}: ${a[field] ?? "none"} → ${b[field] ?? "none"}`);
  const parts = (["landmarks", "targets"] as const).flatMap((role) =>
    (["mean", "sd"] as const).map(
      (moment) => [`${role}.${moment}`, maxAbs(a[role][moment], b[role][moment]) ?? null] as const,
    ),
  );
  return {
    settings,
    moments: Object.fromEntries(parts),
    equal: settings.length === 0 && parts.every(([, distance]) => distance === 0),
  };
}
