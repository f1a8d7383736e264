import type { FitInput } from "./linear.ts";

/** What a family of nets is fitted from. */
export interface NetInput extends FitInput {
  /** The dataset directory: the training thread reads its own rows. */
  readonly dataset: string;
}
