import { join } from "node:path";
import { openDataset } from "../../../data/node/dataset.ts";
import { prepareDataset } from "../../../data/node/prepare.ts";
import { Random } from "../../../data/random.ts";
import { readLayersModel } from "../../../export/read/layers-model.ts";
import { valuesOf } from "../../../export/read/weight-data.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { LinearRecipe } from "../../../schemas/index.ts";
import { train } from "../../../train/train.ts";
import { prepareOptions, writeSmallCohort } from "../../data/dataset/small-cohort.ts";
import { core, saveModel, tfl } from "./tfjs.ts";

/** Genes of each half of the file; the first landmark is a target too. */
export const [landmarkCount, targetCount] = [40, 41] as const;
const samples = 300;

/** Directories of a dataset and of ridge trained on it. */
export interface PreparedRun {
  readonly data: string;
  readonly run: string;
  /** Ridge's kernel `[L, T]` and bias `[T]`, z units. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** Profiles of five factors, log2-like; targets are mixtures of the landmarks with noise. */
function values(): (sample: number, gene: number) => number {
  const random = new Random(8);
  const draw = (length: number): Float64Array => Float64Array.from({ length }, () => random.normal());
  const genes = 2 * landmarkCount;
  const [factors, loadings, noise] = [draw(samples * 5), draw(genes * 5), draw(samples * genes)];
  return (sample, gene) => {
    let value = 7 + 0.3 * (noise[sample * genes + gene] ?? 0);
    for (let k = 0; k < 5; k++) value += 0.4 * (factors[sample * 5 + k] ?? 0) * (loadings[gene * 5 + k] ?? 0);
    return value;
  };
}

/** Prepares a dataset of 300 profiles and trains ridge on it, in a folder. */
export async function preparedRun(folder: string): Promise<PreparedRun> {
  const [input, data, run] = [join(folder, "in.gctx"), join(folder, "data"), join(folder, "run")];
  await writeSmallCohort(input, { samples, genes: 2 * landmarkCount, value: values() });
  await prepareDataset({ ...prepareOptions(input, data), clip: 8 });
  const recipe = LinearRecipe.parse({ schemaVersion: 1, name: "ridge", family: "linear", lambda: 0.1 });
  await using dataset = await openDataset(data);
  await train({ recipe, dataset, open: openSession, device: "cpu", out: run, onProgress: () => undefined });
  const { weights } = await readLayersModel(join(run, "tfjs"));
  const [kernel, bias] = ["kernel", "bias"].map((name) => {
    const weight = [...weights].find(([key]) => key.endsWith(`/${name}`))?.[1];
    if (weight === undefined) throw new Error(`ridge has no ${name}`);
    return valuesOf(weight);
  });
  if (kernel === undefined || bias === undefined) throw new Error("ridge has no weights");
  return { data, run, kernel, bias };
}

/** What stands between the landmarks and ridge's kernel. */
export interface Hidden {
  /** Factor of each hidden unit, taken back by the head; 1 by default. */
  readonly unit?: (hidden: number) => number;
  /** Scale in a linear layer behind the rectifiers, not in front of them. */
  readonly inMiddle?: boolean;
  /** With `inMiddle`: added to all weights of the head, whose inputs then sum to zero. */
  readonly cancelling?: number;
}

/**
 * Puts a net in ridge's place that computes the same by way of a hidden layer: relu(x) and relu(−x) of every landmark,
 * and a head that takes them apart again.
 */
export async function withHiddenLayer(
  { run, kernel, bias }: PreparedRun,
  { unit = () => 1, inMiddle = false, cancelling = 0 }: Hidden = {},
): Promise<void> {
  const units = 2 * landmarkCount;
  // Not quite 0, so that no kernel is one that picks inputs, which a pass would make a table of.
  const spread = new Float32Array(landmarkCount * units).fill(1e-9);
  const middle = new Float32Array(units * units).fill(1e-9);
  const joined = new Float32Array(units * targetCount);
  for (let h = 0; h < units; h++) {
    const landmark = h % landmarkCount;
    const sign = h < landmarkCount ? 1 : -1;
    spread[landmark * units + h] = sign * (inMiddle ? 1 : unit(h));
    middle[h * units + h] = unit(h);
    for (let t = 0; t < targetCount; t++)
      joined[h * targetCount + t] = (sign * (kernel[landmark * targetCount + t] ?? 0)) / unit(h);
  }
  if (cancelling !== 0) {
    for (let h = 0; h < units; h++) middle[(h + 1) * units - 1] = h < units - 1 ? -1 : 0;
    for (let i = 0; i < joined.length; i++) joined[i] = (joined[i] ?? 0) + cancelling;
  }
  const hidden = tfl.layers.dense({ units, activation: "relu", inputShape: [landmarkCount], name: "hidden" });
  const scaled = tfl.layers.dense({ units, name: "scaled" });
  const head = tfl.layers.dense({ units: targetCount, name: "head" });
  const net = tfl.sequential({ name: "net", layers: inMiddle ? [hidden, scaled, head] : [hidden, head] });
  hidden.setWeights([core.tensor2d(spread, [landmarkCount, units]), core.zeros([units])]);
  if (inMiddle) scaled.setWeights([core.tensor2d(middle, [units, units]), core.zeros([units])]);
  head.setWeights([core.tensor2d(joined, [units, targetCount]), core.tensor1d(bias)]);
  await saveModel(net, join(run, "tfjs"));
  net.dispose();
}
