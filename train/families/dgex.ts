import { Random } from "../../data/random.ts";
import { AppError } from "../../schemas/errors.ts";
import type { DgexRecipe } from "../../schemas/index.ts";
import type { DenseLayer, DropoutLayer, LayersModel } from "../layers-model.ts";
import { chainTopology } from "../ort/chain-topology.ts";
import { fitInThread } from "../ort/fit-in-thread.ts";
import type { NetJob } from "../ort/net-job.ts";
import { openPrediction } from "../ort/net-sessions.ts";
import { requireResident, residentLimit, residentRows } from "../ort/resident-rows.ts";
import type { TrainingData } from "../standardised.ts";
import type { FittedModel } from "./family.ts";
import type { FitInput } from "./linear.ts";

/** Values of U(−limit, limit) in the order of the kernel's elements. */
function uniform(count: number, limit: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => (2 * random.uniform() - 1) * limit);
}

/**
 * The net of D-GEX at its start (Chen et al. 2016, 2.4): L → tanh layers → T linear. Hidden kernels
 * U(±√(6/(in + out))) (Glorot & Bengio 2010), the output's U(±outputInit), biases 0. Dropout stands before every
 * layer but the first.
 */
export function dgexNet(recipe: DgexRecipe, { landmarks, targets }: { landmarks: number; targets: number }) {
  const { hidden, activation, dropout, outputInit, seed } = recipe;
  const widths = [landmarks, ...hidden, targets];
  const layers = widths.slice(1).flatMap((units, at): (DenseLayer | DropoutLayer)[] => {
    const inputs = widths[at] ?? 0;
    const isOutput = at === hidden.length;
    const limit = isOutput ? outputInit : Math.sqrt(6 / (inputs + units));
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

const isDense = (layer: DenseLayer | DropoutLayer): layer is DenseLayer => layer.kind === "dense";
const kernelOf = (layer: string): string => `${layer}/kernel`;
const biasOf = (layer: string): string => `${layer}/bias`;

function weightsByName({ layers }: LayersModel): Map<string, Float32Array> {
  const weights = layers.filter(isDense).flatMap(({ name, kernel, bias }): [string, Float32Array][] => [
    [kernelOf(name), kernel],
    [biasOf(name), bias],
  ]);
  return new Map(weights);
}

function withWeights(model: LayersModel, weights: ReadonlyMap<string, Float32Array>): LayersModel {
  const layers = model.layers.map((layer) =>
    isDense(layer)
      ? {
          ...layer,
          kernel: weights.get(kernelOf(layer.name)) ?? layer.kernel,
          bias: weights.get(biasOf(layer.name)) ?? layer.bias,
        }
      : layer,
  );
  return { ...model, layers };
}

/** The authors' learning rate, for a loss that is summed over targets: 5e-4 with one hidden layer, 3e-4 with more. */
export function defaultLearningRate({ hidden }: Pick<DgexRecipe, "hidden">): number {
  return hidden.length === 1 ? 5e-4 : 3e-4;
}

/** @throws AppError `usage` when an epoch would have no batch. */
function requireBatch(batchSize: number, rows: number): void {
  if (batchSize <= rows) return;
  throw new AppError("usage", {
    what: "a batch is larger than the training split",
    expected: `at most ${rows} rows`,
    got: String(batchSize),
    advice: "Lower batchSize",
  });
}

async function jobOf(recipe: DgexRecipe, model: LayersModel, { data, context, checkpoint }: FitInput): Promise<NetJob> {
  const denseNames = model.layers.filter(isDense).map(({ name }) => name);
  return {
    topology: chainTopology(model),
    initial: weightsByName(model),
    train: await residentRows(data, "train", context),
    validation: await residentRows(data, "validation", context),
    momentum: recipe.momentum,
    rateFactors: new Map(denseNames.slice(1).map((name) => [kernelOf(name), recipe.laterKernelRate])),
    learningRate: recipe.learningRate ?? defaultLearningRate(recipe),
    rateDecay: recipe.lrDecay,
    rateFloor: recipe.lrFloor,
    epochs: recipe.epochs,
    batchRows: recipe.batchSize,
    stepsPerCall: stepsThatFit(recipe, data),
    monitorRows: recipe.monitorRows,
    seed: recipe.seed,
    ...(checkpoint && { checkpoint: { ...checkpoint, everySeconds: recipe.checkpointSeconds } }),
  };
}

/** Rows fed to one call of the runtime at most. */
const callBytes = 256 * 2 ** 20;

/**
 * Steps of one call: every call copies the weights and the optimiser's state once, so many steps share that cost, as far
 * as their rows leave memory.
 */
function stepsThatFit({ stepsPerCall, batchSize }: DgexRecipe, { landmarks, targets }: TrainingData): number {
  const stepBytes = 4 * batchSize * (landmarks + targets);
  return Math.max(1, Math.min(stepsPerCall, Math.floor(callBytes / stepBytes)));
}

/**
 * D-GEX (Chen et al. 2016, Bioinformatics 32:1832): a tanh net trained with SGD and momentum on squared error, the
 * epoch with the smallest validation MAE kept.
 * @throws AppError `usage` when a batch is larger than the training split, `unavailable` when the rows do not fit in
 * memory, and as `fitNet`.
 */
export async function fitDgex(recipe: DgexRecipe, input: FitInput): Promise<FittedModel> {
  const { data, open, context } = input;
  requireBatch(recipe.batchSize, data.count("train"));
  requireResident(data, residentLimit());
  const model = dgexNet(recipe, data);
  const { topology, ...job } = await jobOf(recipe, model, input);
  const net = await fitInThread({ topology, ...job }, context);
  const { session, predictZ } = await openPrediction(open, topology, net.weights);
  const validated = net.history.flatMap(({ epoch, validationMae }) =>
    validationMae === undefined ? [] : [{ name: "epoch", value: epoch, validationMae }],
  );
  const isLast = validated.length > 1 && net.epoch === recipe.epochs;
  return {
    model: withWeights(model, net.weights),
    predictZ,
    selected: { epoch: net.epoch },
    candidates: validated,
    notes: isLast ? [`the last epoch (${net.epoch}) is the best: more epochs may do better`] : [],
    training: { engine: "ort", device: net.device, seed: recipe.seed, history: net.history },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
