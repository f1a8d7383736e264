import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Optimisation } from "../../schemas/index.ts";
import type { Draw } from "./draw.ts";

/** How landmarks are disturbed while training; serving never does. */
export type InputDisturbance = Pick<Optimisation, "inputNoise" | "inputMask">;

const [noise, mask] = ["landmarks/noise", "landmarks/mask"];

/** What is drawn for the net's input of the dims given. */
export function inputDraws({ inputNoise, inputMask }: InputDisturbance, dims: readonly number[]): readonly Draw[] {
  return [
    ...(inputNoise > 0 ? [{ name: noise, recipe: { kind: "normal" } as const, dims }] : []),
    // 0 is a landmark's mean: what stays is not scaled up.
    ...(inputMask > 0 ? [{ name: mask, recipe: { kind: "mask", rate: inputMask, kept: 1 } as const, dims }] : []),
  ];
}

/** Emits (x + sd·n)·mask. `drawn` gives a draw by name. */
export function disturbedInput(
  g: GraphBuilder,
  x: string,
  { inputNoise, inputMask, drawn }: InputDisturbance & { readonly drawn: (name: string) => string },
): string {
  const noisy = inputNoise > 0 ? g.op("Add", [x, g.op("Mul", [drawn(noise), g.scalar(inputNoise)])]) : x;
  return inputMask > 0 ? g.op("Mul", [noisy, drawn(mask)]) : noisy;
}
