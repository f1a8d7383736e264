import type { Axis } from "../../data/source.ts";
import type { Candidate } from "../candidates.ts";
import type { EpochRow } from "../checkpoint.ts";
import type { LayersModel } from "../layers-model.ts";
import type { Selection } from "../selections.ts";
import type { PredictZ } from "../standardised.ts";

/** What fitting a family yields, whatever the family. */
export interface FittedModel extends AsyncDisposable {
  /** z landmarks → z targets. */
  readonly model: LayersModel;
  /** In the dataset's order, whatever the model's. */
  readonly predictZ: PredictZ;
  /** The dataset's target at each place of the model's output, `[T]`; absent: the dataset's order. */
  readonly targetOrder?: Int32Array;
  /** Hyper-parameters chosen, by name. */
  readonly selected: Readonly<Record<string, number>>;
  /** Every value tried, by hyper-parameter. */
  readonly candidates: readonly (Candidate & { readonly name: string })[];
  readonly notes: readonly string[];
  /** What each validation set would have chosen; absent where the family keeps nothing but the model. */
  readonly selections?: readonly Selection[];
  /** How it was trained; absent for a closed form. */
  readonly training?: IterativeTraining;
  /** Writes what the family leaves beside the model into the run's folder; `samples`: the dataset's. */
  readonly writeOutputs?: (folder: string, samples: Axis) => Promise<void>;
}

/** What a training in steps tells of itself. */
export interface IterativeTraining {
  readonly engine: string;
  readonly device: string;
  readonly seed: number;
  readonly history: readonly EpochRow[];
}
