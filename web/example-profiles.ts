import { Random } from "../data/random.ts";
import type { ModelParts } from "../infer/model-parts.ts";
import { choleskyFactor } from "../runtime/algebra/cholesky.ts";
import type { ProfilesInMemory } from "./input.ts";

/** Which profiles to make up. */
export interface ExampleChoices {
  readonly profiles?: number;
  readonly seed?: number;
}

/** A covariance of few samples is singular: this share of its diagonal is added. */
const ridge = 1e-3;

/**
 * Made-up profiles from a model's own landmark moments: x = μ + L·n with Σ + ridge·diag(Σ) = L·Lᵀ and n standard normal,
 * so that they look like its training data. The last one has its genes permuted: its values are ordinary, together they
 * are not, and its out-of-distribution score shows it.
 */
export function exampleProfiles(
  { manifest, genes, landmarkStats }: Omit<ModelParts, "session">,
  { profiles = 8, seed = 1 }: ExampleChoices,
): ProfilesInMemory {
  const count = manifest.landmarks;
  const covariance = Float64Array.from(landmarkStats.subarray(count));
  let trace = 0;
  for (let i = 0; i < count; i += 1) trace += covariance[i * (count + 1)] as number;
  for (let i = 0; i < count; i += 1) {
    const at = i * (count + 1);
    // A landmark that never varies gets a share of the mean variance, or there is no factor.
    covariance[at] = (covariance[at] as number) * (1 + ridge) + (ridge * trace) / count;
  }
  const factor = choleskyFactor(covariance, count);
  const random = new Random(seed);
  const values = new Float32Array(profiles * count);
  for (let row = 0; row < profiles; row += 1) {
    const normals = Float64Array.from({ length: count }, () => random.normal());
    for (let i = 0; i < count; i += 1) {
      let sum = landmarkStats[i] as number;
      for (let j = 0; j <= i; j += 1) sum += (factor[i * count + j] as number) * (normals[j] as number);
      values[row * count + i] = sum;
    }
  }
  permute(values.subarray((profiles - 1) * count), random);
  return {
    genes: genes.slice(0, count).map(({ id }) => id),
    samples: Array.from({ length: profiles }, (_, i) => (i < profiles - 1 ? `synthetic ${i + 1}` : "shuffled genes")),
    values,
    label: "synthetic example",
  };
}

function permute(values: Float32Array, random: Random): void {
  const order = Int32Array.from(values.keys());
  random.shuffle(order);
  values.set(Array.from(order, (from) => values[from] as number));
}
