import type { Candidate } from "../candidates.ts";
import type { EpochRow } from "../checkpoint.ts";
import type { LayersModel } from "../layers-model.ts";
import type { PredictZ } from "../standardised.ts";

/** What fitting a family yields, whatever the family. */
export interface FittedModel extends AsyncDisposable {
  /** z landmarks → z targets. */
  readonly model: LayersModel;
  readonly predictZ: PredictZ;
  /** Hyper-parameters chosen, by name. */
  readonly selected: Readonly<Record<string, number>>;
  /** Every value tried, by hyper-parameter. */
  readonly candidates: readonly (Candidate & { readonly name: string })[];
  readonly notes: readonly string[];
  /** How it was trained; absent for a closed form. */
  readonly training?: IterativeTraining;
}

/** What a training in steps tells of itself. */
export interface IterativeTraining {
  readonly engine: string;
  readonly device: string;
  readonly seed: number;
  readonly history: readonly EpochRow[];
}
