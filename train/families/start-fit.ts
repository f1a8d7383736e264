import type { Candidate } from "../candidates.ts";
import type { NetLayer } from "../layers-model.ts";

/** What a net begins with: a fitted map from z landmarks to z targets, as layers. */
export interface StartFit {
  /** The last one gives z targets; none where the start is 0. */
  readonly layers: readonly NetLayer[];
  /** The dataset's target at each place of the output, `[T]`; absent: the dataset's order. */
  readonly targetOrder?: Int32Array;
  /** On validation rows, z units; absent where there are none. */
  readonly validationMae?: number;
  readonly selected: Readonly<Record<string, number>>;
  readonly candidates: readonly (Candidate & { readonly name: string })[];
  readonly notes: readonly string[];
}
