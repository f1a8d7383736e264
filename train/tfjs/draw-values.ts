import * as core from "@tensorflow/tfjs-core";
import { drawKey } from "../ort/counter-hash.ts";
import type { Draw } from "../ort/draw.ts";
import { randomMaskValues } from "../ort/random-mask.ts";
import { randomNormalValues } from "../ort/random-normal.ts";

/** A draw's numbers at one step, bit for bit those that engine `ort` computes in its graph. */
export function drawTensor({ recipe, dims }: Draw, place: Parameters<typeof drawKey>[0]): core.Tensor {
  const count = dims.reduce((product, length) => product * length, 1);
  const key = drawKey(place);
  const values = recipe.kind === "mask" ? randomMaskValues(recipe, key, count) : randomNormalValues(key, count);
  return core.tensor(values, [...dims]);
}
