import type { GraphBuilder } from "../../onnx/builder.ts";

/** One parameter at one step. */
export interface UpdateCall {
  readonly parameter: string;
  /** ∂L/∂parameter, of the parameter's dims; times the optimiser's `gradientTimes` where it names a number. */
  readonly gradient: string;
  /** The parameter's state, one value a slot. */
  readonly slots: readonly string[];
  /** The value, rank 0, of one of the step's numbers. */
  readonly number: (name: string) => string;
  /** The parameter's factor of the learning rate. */
  readonly factor: number;
  /** Whether weight decay applies: to kernels, not to biases and norms. */
  readonly isKernel: boolean;
}

/** How a parameter follows its gradient, as operators. */
export interface Optimiser {
  /** State tensors that every parameter carries, of its dims, 0 at the start. */
  readonly slots: readonly string[];
  /**
   * The numbers of a step from its learning rate and its place `t` in the training, from 1, in float64; the same names
   * at every step.
   */
  readonly numbers: (rate: number, t: number) => Readonly<Record<string, number>>;
  /**
   * The number that gradients come multiplied by: put in where the backward pass starts, it costs no pass over the
   * weights. Absent: plain gradients.
   */
  readonly gradientTimes?: string;
  /** Whether it goes over a weight so often that going block by block pays (`train/ort/update-blocks.ts`). */
  readonly goesInBlocks: boolean;
  /** Emits the parameter and its slots after the step. */
  readonly update: (
    g: GraphBuilder,
    call: UpdateCall,
  ) => { readonly parameter: string; readonly slots: readonly string[] };
}

/** `value` times a constant, nothing emitted for 1. */
export function timesFactor(g: GraphBuilder, value: string, factor: number): string {
  return factor === 1 ? value : g.op("Mul", [value, g.scalar(factor)]);
}
