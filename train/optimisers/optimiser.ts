import type { GraphBuilder } from "../../onnx/builder.ts";

/** One parameter at one step. */
export interface UpdateCall {
  readonly parameter: string;
  /** −rate·gradient, of the parameter's dims: the learning rate is folded into the backward pass. */
  readonly descent: string;
  /** The parameter's state, one value a slot. */
  readonly slots: readonly string[];
}

/** How a parameter follows its gradient, as operators. */
export interface Optimiser {
  /** State tensors that every parameter carries, of its dims, 0 at the start. */
  readonly slots: readonly string[];
  /** Emits the parameter and its slots after the step. */
  readonly update: (
    g: GraphBuilder,
    call: UpdateCall,
  ) => { readonly parameter: string; readonly slots: readonly string[] };
}
