import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostTensor } from "../../runtime/session.ts";
import type { Layer } from "../lower/topology.ts";
import type { LayersModel } from "../read/layers-model.ts";
import { valuesOf, type Weight } from "../read/weight-data.ts";
import { withTfjsModel } from "./tfjs-model.ts";

/** A layer's weights by their names behind the layer's. */
export type LayerWeights = ReadonlyMap<string, Weight>;

/** A layer and what it is applied to. */
export interface LayerTask {
  readonly layer: Pick<Layer, "className" | "config">;
  readonly weights: LayerWeights;
  readonly inputs: readonly HostTensor[];
  /** How many tensors it gives. */
  readonly outputs: number;
}

/** The name of the layer in its model; stored names may have slashes. */
const name = "layer";

/**
 * The weights stored for a layer: under its whole path, or without the models around it, as tfjs stores those of a
 * nested model; those of a layer whose name only begins alike are left out.
 */
export function weightsOfLayer({ weights, layers }: LayersModel, layer: string): LayerWeights {
  const path = layer.split("/");
  for (const from of path.keys()) {
    const prefix = `${path.slice(from).join("/")}/`;
    const others = [...layers.keys()].filter((other) => other.startsWith(prefix)).map((other) => `${other}/`);
    const own = [...weights].filter(
      ([stored]) => stored.startsWith(prefix) && !others.some((other) => stored.startsWith(other)),
    );
    if (own.length > 0) return new Map(own.map(([stored, weight]) => [stored.slice(prefix.length), weight]));
  }
  return new Map();
}

/** `model.json` of a model that is one layer. */
function modelJson({ layer, weights, inputs, outputs }: LayerTask): object {
  const given = inputs.map(({ type, dims }, i) => ({
    name: `input_${i}`,
    class_name: "InputLayer",
    config: { name: `input_${i}`, dtype: type, batch_input_shape: [null, ...dims.slice(1)] },
    inbound_nodes: [],
  }));
  const called = {
    name,
    class_name: layer.className,
    config: { ...layer.config, name },
    inbound_nodes: [inputs.map((_, i) => [`input_${i}`, 0, 0, {}])],
  };
  return {
    format: "layers-model",
    modelTopology: {
      class_name: "Model",
      config: {
        name: "one_layer",
        layers: [...given, called],
        input_layers: inputs.map((_, i) => [`input_${i}`, 0, 0]),
        output_layers: Array.from({ length: outputs }, (_, tensor) => [name, 0, tensor]),
      },
    },
    weightsManifest: [
      {
        paths: [...weights.keys()].map((_, i) => `weight_${i}.bin`),
        weights: [...weights].map(([weight, { dims }]) => ({
          name: `${name}/${weight}`,
          shape: dims,
          dtype: "float32",
        })),
      },
    ],
  };
}

/**
 * What tfjs answers for one layer alone: its weights are in memory during the call and no longer.
 * @throws AppError `bad-model` when tfjs cannot load or run the layer.
 */
export async function predictLayer(task: LayerTask): Promise<readonly HostTensor[]> {
  const dir = await mkdtemp(join(tmpdir(), "landfall-layer-"));
  try {
    await writeFile(join(dir, "model.json"), JSON.stringify(modelJson(task)));
    for (const [i, weight] of [...task.weights.values()].entries())
      await writeFile(join(dir, `weight_${i}.bin`), valuesOf(weight));
    return await withTfjsModel(dir, async (tfjs) => tfjs.predict(task.inputs));
  } finally {
    await rm(dir, { recursive: true });
  }
}
