import { Random } from "../random.ts";
import type { Axis, Block } from "../source.ts";
import { type Compendium, checkCompendium, simulatedGenes, simulatedSamples, studyOf } from "./compendium.ts";
import { drawRegulation, type Regulation, weightedSum } from "./regulation.ts";
import { drawStudyEffect, type StudyEffect } from "./study-effect.ts";

/** A compendium that is computed as it is read. */
export interface Simulation {
  readonly genes: Axis;
  readonly samples: Axis;
  /** All rows in order; any `blockRows` gives the same values. */
  readonly blocks: (blockRows?: number) => Generator<Block, void, undefined>;
}

/**
 * Simulates an expression compendium on a log2-like scale, [0, 16].
 *
 * Per profile, latent programmes u (study mean + sd 0.8) drive everything in z units:
 * - landmark: 0.75 u_a ± 0.35 u_b + 0.5 ε, so landmarks of one programme are correlated;
 * - regulator: sat(2 Σ w u + 1.2 u_c u_d − threshold), sat(x) = x / √(1 + x²), the tanh-like curve whose value is the
 *   same on every platform;
 * - target: 0.35 (± three landmarks) + 0.53 (± three regulators) + 0.3 ε.
 *
 * Then a study's batch effect (scale and shift per gene) and an intensity shift of the whole profile. Linear regression
 * explains the landmarks' part and the near-linear part of the regulators; thresholds and synergies are left for a
 * network. Profile i depends on the compendium and i alone.
 * @throws AppError `usage` when the numbers make no compendium
 */
export function simulate(compendium: Compendium): Simulation {
  checkCompendium(compendium);
  const regulation = drawRegulation(compendium);
  return {
    genes: simulatedGenes(compendium),
    samples: simulatedSamples(compendium),
    blocks: (blockRows = 256) => simulatedBlocks(compendium, regulation, blockRows),
  };
}

function* simulatedBlocks(compendium: Compendium, regulation: Regulation, blockRows: number): Generator<Block> {
  const { samples, seed } = compendium;
  const { programmes, thresholds, mean } = regulation;
  const genes = mean.length;
  const activity: Activity = {
    programmes: new Float64Array(programmes),
    regulators: new Float64Array(thresholds.length),
    genes: new Float64Array(genes),
  };
  let effect: StudyEffect | undefined;
  for (let start = 0; start < samples; start += blockRows) {
    const rows = Math.min(blockRows, samples - start);
    const values = new Float32Array(rows * genes);
    for (let row = 0; row < rows; row++) {
      const study = studyOf(compendium, start + row);
      // Stream 0 is the regulation, odd ones are studies, even ones profiles.
      if (effect?.study !== study) {
        effect = drawStudyEffect(study, { random: new Random(seed, 2 * study + 1), programmes, genes });
      }
      const profile = { random: new Random(seed, 2 * (start + row) + 2), effect };
      activate(activity, regulation, profile);
      measure(activity.genes, values.subarray(row * genes, (row + 1) * genes), { ...profile, regulation });
    }
    yield { start, rows, values };
  }
}

interface Activity {
  readonly programmes: Float64Array;
  readonly regulators: Float64Array;
  /** z units before the batch effect, landmarks first. */
  readonly genes: Float64Array;
}

interface Profile {
  readonly random: Random;
  readonly effect: StudyEffect;
}

/** Draws a profile's programmes and follows the regulation down to every gene. */
function activate({ programmes, regulators, genes }: Activity, regulation: Regulation, profile: Profile): void {
  const { synergies, thresholds, landmarks, linear, saturating } = regulation;
  const { random, effect } = profile;
  for (let p = 0; p < programmes.length; p++) programmes[p] = (effect.programmes[p] ?? 0) + 0.8 * random.normal();
  for (let i = 0; i < regulators.length; i++) {
    const product = (programmes[synergies[2 * i] ?? 0] ?? 0) * (programmes[synergies[2 * i + 1] ?? 0] ?? 0);
    const drive = 2 * weightedSum(regulation.regulators, i, programmes) + 1.2 * product - (thresholds[i] ?? 0);
    regulators[i] = saturated(drive);
  }
  const firstTarget = landmarks.inputs.length / landmarks.fanIn;
  for (let i = 0; i < firstTarget; i++) genes[i] = weightedSum(landmarks, i, programmes) + 0.5 * random.normal();
  for (let gene = firstTarget, i = 0; gene < genes.length; gene++, i++) {
    const regulated = weightedSum(linear, i, genes) + weightedSum(saturating, i, regulators);
    genes[gene] = regulated + 0.3 * random.normal();
  }
}

const saturated = (x: number): number => x / Math.sqrt(1 + x * x);

/** z units → log2-like values, by way of the study's batch effect and the profile's intensity. */
function measure(
  activity: Float64Array,
  into: Float32Array,
  { regulation, random, effect }: Profile & { readonly regulation: Regulation },
): void {
  const { mean, sd } = regulation;
  const intensity = 0.05 * random.normal();
  for (let gene = 0; gene < into.length; gene++) {
    const z = (effect.scale[gene] ?? 1) * (activity[gene] ?? 0) + (effect.shift[gene] ?? 0);
    into[gene] = Math.min(16, Math.max(0, (mean[gene] ?? 0) + (sd[gene] ?? 0) * z + intensity));
  }
}
