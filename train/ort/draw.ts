import type { GraphBuilder } from "../../onnx/builder.ts";
import { type MaskDraw, randomMask } from "./random-mask.ts";
import { type NormalDraw, normalIndexCount, randomNormal } from "./random-normal.ts";

export type DrawRecipe = MaskDraw | NormalDraw;

/** Random numbers that a net is given anew in every step. */
export interface Draw {
  readonly name: string;
  readonly recipe: DrawRecipe;
  /** The batch first. */
  readonly dims: readonly number[];
}

const elements = (dims: readonly number[]): number => dims.reduce((product, length) => product * length, 1);

/** Dims of the index constant that {@link addDraw} hashes. */
export function indexDims({ recipe, dims }: Draw): readonly number[] {
  return recipe.kind === "mask" ? dims : [normalIndexCount(elements(dims))];
}

/** Emits a draw from its constant 0, 1, 2, … (uint32, of {@link indexDims}) and the step's key (uint32, rank 0). */
export function addDraw(
  g: GraphBuilder,
  { recipe, dims }: Draw,
  source: readonly [indices: string, key: string],
): string {
  return recipe.kind === "mask" ? randomMask(g, recipe, source) : randomNormal(g, dims, source);
}
