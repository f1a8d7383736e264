import { join } from "node:path";
import { AppError } from "../../schemas/index.ts";
import type { WeightRequest } from "../lower/network.ts";
import type { Topology } from "../lower/topology.ts";
import { readModelJson } from "./model-json.ts";
import { parseTopology } from "./topology.ts";
import { elements, openWeights, type Weight } from "./weight-data.ts";

/** A tfjs LayersModel without tfjs: topology, and weights by their stored names (`<layer>/<weight>`), still on disk. */
export interface LayersModel extends Topology {
  /** What messages call it: the path of its `model.json`. */
  readonly label: string;
  readonly weights: ReadonlyMap<string, Weight>;
}

/**
 * Reads a folder that `tf.LayersModel.save` or `tensorflowjs_converter` wrote: `model.json` (plain or gzip-ed) and its
 * weight shards.
 * @throws AppError `no-input` when there is no model, `bad-model` when it is damaged, naming file, layer or weight.
 */
export async function readLayersModel(dir: string): Promise<LayersModel> {
  const { modelTopology, weightsManifest } = await readModelJson(dir);
  const label = join(dir, "model.json");
  return { ...parseTopology(modelTopology, label), label, weights: await openWeights(dir, weightsManifest) };
}

/**
 * The stored weight of a layer. TensorFlow ≥ 2.2 puts a cell's name between layer and weight; it is dropped here as
 * tfjs drops it (tfjs-layers `container.ts`, `loadWeights`).
 * @throws AppError `bad-model` when it is missing or has other dims than the layer needs.
 */
export function weightOf({ weights, label }: LayersModel, { layer, weight, dims }: WeightRequest): Weight {
  const wanted = `${layer}/${weight}`;
  const shortened = (name: string): string => name.split("/").toSpliced(-2, 1).join("/");
  const found = weights.get(wanted) ?? [...weights].find(([name]) => shortened(name) === wanted)?.[1];
  if (found !== undefined && found.dims.join() === dims.join()) return found;
  throw new AppError("bad-model", {
    what: `weight '${weight}' does not fit its layer`,
    where: label,
    expected: `float32[${dims.join(", ")}]`,
    got: found === undefined ? "no such weight" : `float32[${found.dims.join(", ")}]`,
    advice: "model.json and its weight files are damaged or do not belong together",
  });
}

/** Weights of all layers, in elements. */
export function parameterCount({ weights }: LayersModel): number {
  return [...weights.values()].reduce((sum, { dims }) => sum + elements(dims), 0);
}
