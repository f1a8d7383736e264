import { Random } from "../../data/random.ts";
import type { DgexRecipe, Optimisation } from "../../schemas/index.ts";
import {
  type DenseLayer,
  type DropoutLayer,
  inputName,
  type LayersModel,
  type NetLayer,
  weightsByName,
} from "../layers-model.ts";
import type { NetJob } from "../net-job.ts";
import { concatenate } from "../stock-layers.ts";
import { topologyOf } from "../topology.ts";
import { glorotLimit, uniform } from "./initial-weights.ts";
import type { NetInput } from "./net-input.ts";

/**
 * The net of D-GEX at its start (Chen et al. 2016, 2.4): L → tanh layers → T linear. Hidden kernels
 * U(±√(6/(in + out))) (Glorot & Bengio 2010), the output's U(±outputInit), biases 0. Dropout stands before every
 * layer but the first.
 */
export function dgexNet(recipe: DgexRecipe, { landmarks, targets }: { landmarks: number; targets: number }) {
  const { hidden, activation, dropout, outputInit } = recipe;
  const { seed } = recipe.optimisation;
  const widths = [landmarks, ...hidden, targets];
  const layers = widths.slice(1).flatMap((units, at): (DenseLayer | DropoutLayer)[] => {
    const inputs = widths[at] ?? 0;
    const isOutput = at === hidden.length;
    const limit = isOutput ? outputInit : glorotLimit(inputs, units);
    const dense: DenseLayer = {
      kind: "dense",
      name: isOutput ? "targets" : `hidden_${at + 1}`,
      units,
      activation: isOutput ? "linear" : activation,
      kernel: uniform(inputs * units, limit, new Random(seed, at)),
      bias: new Float32Array(units),
    };
    if (at === 0 || dropout === 0) return [dense];
    return [{ kind: "dropout", name: `dropout_${at}`, rate: dropout }, dense];
  });
  return { name: "dgex", inputs: landmarks, layers } satisfies LayersModel;
}

const isDense = (layer: NetLayer): layer is DenseLayer => layer.kind === "dense";

/** The authors' learning rate, for a loss that is summed over targets: 5e-4 with one hidden layer, 3e-4 with more. */
export function defaultLearningRate({ hidden }: Pick<DgexRecipe, "hidden">): number {
  return hidden.length === 1 ? 5e-4 : 3e-4;
}

/** Everything about the recipe's training, the rate included. */
function optimisationOf(recipe: DgexRecipe): Optimisation {
  const { learningRate = defaultLearningRate(recipe) } = recipe.optimisation;
  return { ...recipe.optimisation, learningRate };
}

/** The training of a D-GEX net but for weights of the targets: every kernel but the first layer's has a learning rate of its own. */
export function jobOf(
  recipe: DgexRecipe,
  model: LayersModel,
  { dataset, device, checkpoint }: Pick<NetInput, "dataset" | "device" | "checkpoint">,
): NetJob {
  const denseNames = model.layers.filter(isDense).map(({ name }) => name);
  const optimisation = optimisationOf(recipe);
  return {
    topology: topologyOf(model),
    initial: weightsByName(model),
    rateFactors: new Map(denseNames.slice(1).map((name) => [`${name}/kernel`, recipe.laterKernelRate])),
    optimisation,
    dataset,
    ...(device && { device }),
    ...(checkpoint && { checkpoint: { ...checkpoint, everySeconds: optimisation.checkpointSeconds } }),
  };
}

/** Chains side by side: all read the landmarks, their outputs follow one another. One chain stays as it is. */
export function sideBySide(nets: readonly [LayersModel, ...LayersModel[]]): LayersModel {
  const [first] = nets;
  if (nets.length === 1) return first;
  const towers = nets.map(({ layers }, at) => {
    const nameOf = (name: string): string => `part_${at + 1}_${name}`;
    return layers.map((layer, place): NetLayer => {
      const before = layers[place - 1];
      return { ...layer, name: nameOf(layer.name), reads: [before === undefined ? inputName : nameOf(before.name)] };
    });
  });
  const ends = towers.map((tower) => tower.at(-1)?.name ?? inputName);
  return { ...first, layers: [...towers.flat(), concatenate({ name: "targets", reads: ends })] };
}
