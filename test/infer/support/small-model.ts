import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatGenesTable } from "../../../data/genes-table.ts";
import { Random } from "../../../data/random.ts";
import { InputProfileBuilder } from "../../../data/scale/profile.ts";
import { exportRun } from "../../../export/expression.ts";
import { openSession } from "../../../runtime/node/open.ts";
import type { ExpressionManifest, GeneRecord, TrainingRun } from "../../../schemas/index.ts";
import { runComponents, runRecord } from "../../export/support/run.ts";
import { core, saveModel, tfl } from "../../export/support/tfjs.ts";

/** Sizes of the small model. */
export const sizes = { landmarks: 24, targets: 31 } as const;
const { landmarks: l, targets: t } = sizes;
const trainingRows = 500;

/** A linear model from log2-like landmarks, exported as `landfall export` does it, with everything known of it. */
export interface SmallModel {
  readonly dir: string;
  readonly manifest: ExpressionManifest;
  readonly genes: readonly GeneRecord[];
  /** `[T][L]` in z units. */
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

/** Symbols, Entrez ids, and of some targets what their validation showed. */
export function smallGenes(): GeneRecord[] {
  const gene = (id: string, role: GeneRecord["role"], entrez: number): GeneRecord => ({
    id,
    role,
    symbol: id.replace("|target", ""),
    entrez: String(entrez),
    ensembl: "",
  });
  const landmarks = Array.from({ length: l }, (_, i) => gene(`LMK${i}`, "landmark", 1000 + i));
  const targets = Array.from({ length: t }, (_, i): GeneRecord => {
    // The first target is the first landmark too, measured by another probe.
    const record = i === 0 ? gene("LMK0|target", "target", 1000) : gene(`TGT${i}`, "target", 2000 + i);
    if (i % 5 === 4) return record;
    return {
      ...record,
      mae: 0.2 + i / 100,
      r: 0.8,
      reliability: i % 2 === 0 ? "high" : "low",
      halfwidth90: 0.5 + i / 50,
    };
  });
  return [...landmarks, ...targets];
}

/** Rows like the training rows: levels between 4 and 12, three common factors, `[rows, L]`. */
export function trainingLike(rows: number, seed: number): Float32Array {
  const levels = new Random(5);
  const loadings = Array.from({ length: l }, () => [levels.normal(), levels.normal(), levels.normal()]);
  const means = Array.from({ length: l }, () => 4 + 8 * levels.uniform());
  const random = new Random(seed);
  const values = new Float32Array(rows * l);
  for (let row = 0; row < rows; row += 1) {
    const factors = [random.normal(), random.normal(), random.normal()];
    for (let i = 0; i < l; i += 1) {
      const common = factors.reduce((sum, factor, k) => sum + factor * (loadings[i]?.[k] ?? 0), 0);
      values[row * l + i] = (means[i] ?? 0) + 0.5 * common + 0.3 * random.normal();
    }
  }
  return values;
}

function moments(values: Float32Array): { mean: number[]; sd: number[]; covariance: Float32Array } {
  const rows = values.length / l;
  const mean = Array.from({ length: l }, (_, i) => {
    let sum = 0;
    for (let row = 0; row < rows; row += 1) sum += values[row * l + i] ?? 0;
    return sum / rows;
  });
  const covariance = new Float32Array(l * l);
  for (let i = 0; i < l; i += 1) {
    for (let j = 0; j < l; j += 1) {
      let sum = 0;
      for (let row = 0; row < rows; row += 1)
        sum += ((values[row * l + i] ?? 0) - (mean[i] ?? 0)) * ((values[row * l + j] ?? 0) - (mean[j] ?? 0));
      covariance[i * l + j] = sum / rows;
    }
  }
  return { mean, sd: mean.map((_, i) => Math.sqrt(covariance[i * l + i] ?? 0)), covariance };
}

/** Writes the model's run and version folders into `folder`; equal seeds give equal bytes. */
export async function makeSmallModel(folder: string, seed = 21): Promise<SmallModel> {
  const random = new Random(seed);
  const training = trainingLike(trainingRows, 6);
  const { mean, sd, covariance } = moments(training);
  const profile = new InputProfileBuilder({ landmarks: l, seed: 1 });
  profile.add(training, trainingRows);
  const targetMoments = {
    mean: Array.from({ length: t }, () => 5 + 5 * random.uniform()),
    sd: Array.from({ length: t }, () => 0.4 + random.uniform()),
  };
  const run: TrainingRun = {
    ...runRecord({ landmarks: l, targets: t }),
    transform: { epsilon: 1e-3, clip: 8, landmarks: { mean, sd }, targets: targetMoments },
    inputProfile: profile.finish(),
  };
  const dir = join(folder, "run");
  const weights = Array.from({ length: t }, () => Array.from({ length: l }, () => 0.3 * random.normal()));
  const bias = Array.from({ length: t }, () => 0.1 * random.normal());
  const head = tfl.layers.dense({ units: t, inputShape: [l], name: "head" });
  const net = tfl.sequential({ name: "small", layers: [head] });
  head.setWeights([core.transpose(core.tensor2d(weights, [t, l])), core.tensor1d(bias)]);
  await mkdir(dir, { recursive: true });
  await saveModel(net, join(dir, "tfjs"));
  net.dispose();
  const genes = smallGenes();
  const stats = Float32Array.from([...mean, ...covariance]);
  await writeFile(join(dir, "run.json"), JSON.stringify(run));
  await writeFile(join(dir, "genes.tsv"), formatGenesTable(genes));
  await writeFile(join(dir, "landmarks.stats.f32"), new Uint8Array(stats.buffer));
  await writeFile(join(dir, "ood.f32"), new Uint8Array(runComponents({ landmarks: l }).buffer));
  const out = join(folder, "version");
  const manifest = await exportRun({ run: dir, out, open: openSession });
  return { dir: out, manifest, genes, weights: roundRows(weights), bias: roundRow(bias) };
}

const roundRow = (values: readonly number[]): number[] => values.map(Math.fround);
const roundRows = (rows: readonly (readonly number[])[]): number[][] => rows.map(roundRow);

/** The model's formula in float64: native landmarks `[L]` → native targets `[T]`. */
export function formula({ manifest: { transform }, weights, bias }: SmallModel, profile: ArrayLike<number>): number[] {
  const { landmarks, targets, epsilon, clip = Number.POSITIVE_INFINITY } = transform;
  const z = Array.from(profile, (x, i) => {
    const score = (x - (landmarks.mean[i] ?? 0)) / ((landmarks.sd[i] ?? 0) + epsilon);
    return Math.min(clip, Math.max(-clip, score));
  });
  return weights.map((row, target) => {
    const score = row.reduce((sum, weight, i) => sum + weight * (z[i] ?? 0), bias[target] ?? 0);
    return score * ((targets.sd[target] ?? 0) + epsilon) + (targets.mean[target] ?? 0);
  });
}
