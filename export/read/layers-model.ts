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

/** Names without the part before the last, one map for each set of weights. */
const shortened = new WeakMap<LayersModel["weights"], ReadonlyMap<string, Weight>>();

function shortenedNames(weights: LayersModel["weights"]): ReadonlyMap<string, Weight> {
  const known = shortened.get(weights);
  if (known !== undefined) return known;
  const made = new Map([...weights].map(([name, weight]) => [name.split("/").toSpliced(-2, 1).join("/"), weight]));
  shortened.set(weights, made);
  return made;
}

/** The names that a weight may be stored under: by the layer's whole path, and without the models around it. */
function storedNames(layer: string, weight: string): readonly string[] {
  const path = layer.split("/");
  return path.map((_, from) => `${path.slice(from).join("/")}/${weight}`);
}

/**
 * The stored weight of a layer; tfjs stores those of a nested model without its name. TensorFlow ≥ 2.2 puts a cell's
 * name between layer and weight; it is dropped here as tfjs drops it (tfjs-layers `container.ts`, `loadWeights`).
 * @throws AppError `bad-model` when it is missing or has other dims than the layer needs.
 */
export function weightOf({ weights, label }: LayersModel, { layer, weight, dims }: WeightRequest): Weight {
  const names = storedNames(layer, weight);
  const stored = [weights, shortenedNames(weights)].flatMap((map) => names.map((name) => map.get(name)));
  const found = stored.find((candidate) => candidate !== undefined);
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
