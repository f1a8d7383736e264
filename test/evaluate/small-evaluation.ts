import { Random } from "../../data/random.ts";
import type { EvaluatedModel } from "../../evaluate/contestant.ts";
import { meanBaseline } from "../../evaluate/contestant.ts";
import { type EvaluateOptions, evaluateModels } from "../../evaluate/evaluate.ts";
import type { EvaluationBlock } from "../../evaluate/score-all.ts";
import { openSession } from "../../runtime/node/open.ts";

/** Genes and samples of the small evaluation; the landmarks are the truth itself, so that a model can aim at it. */
export const small = { targets: 6, samples: 40 } as const;

/** The truth `[samples, targets]`: standard normal rounded to 1/64, so that sums are exact in any order. */
export const truth: Float32Array = (() => {
  const random = new Random(11);
  return Float32Array.from({ length: small.samples * small.targets }, () => Math.round(random.normal() * 64) / 64);
})();

/** The samples `order` in blocks of `blockRows`. */
export async function* blocksOf(
  values: Float32Array = truth,
  order: readonly number[] = Array.from({ length: small.samples }, (_, i) => i),
  blockRows = 7,
): AsyncGenerator<EvaluationBlock> {
  for (let start = 0; start < order.length; start += blockRows) {
    const sampleIndices = Int32Array.from(order.slice(start, start + blockRows));
    const rows = sampleIndices.length;
    const targets = new Float32Array(rows * small.targets);
    for (const [row, sample] of sampleIndices.entries())
      targets.set(values.subarray(sample * small.targets, (sample + 1) * small.targets), row * small.targets);
    yield { rows, sampleIndices, landmarks: targets.slice(), targets };
  }
}

/** A model that predicts truth · gain + offset. */
export function shrinking(name: string, gain: number, offset = 0): EvaluatedModel {
  return {
    name,
    predict: async (landmarks) => ({
      targets: landmarks.map((value) => (Number.isNaN(value) ? 0 : value * gain + offset)),
    }),
  };
}

/** Options of an evaluation of one model against the mean and ridge in four groups; replace what matters. */
export function smallOptions(changes: Partial<EvaluateOptions> = {}): EvaluateOptions {
  return {
    dataset: { name: "toy", hash: "ab".repeat(32) },
    split: "test",
    samples: small.samples,
    blocks: blocksOf(),
    models: [{ ...shrinking("net:1", 0.75), halfwidths: new Float64Array(small.targets).fill(0.5) }],
    baselines: [meanBaseline(small.targets), shrinking("ridge", 0.5)],
    targets: Array.from({ length: small.targets }, (_, g) => ({ id: `G${g}`, symbol: `SYM${g}` })),
    overlap: Uint8Array.of(1, 0, 0, 0, 0, 1),
    groups: { field: "study", of: (sample) => `S${sample % 4}` },
    open: openSession,
    resamplings: 200,
    ...changes,
  };
}

/** Runs {@link smallOptions}. */
export const smallEvaluation = (changes: Partial<EvaluateOptions> = {}) => evaluateModels(smallOptions(changes));
