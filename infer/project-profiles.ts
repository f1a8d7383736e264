import { principalComponents } from "../runtime/algebra/pca.ts";
import type { InferenceSummary } from "../schemas/index.ts";

/**
 * Places of profiles along their two leading principal components, by the matrix of their inner products, which is small
 * where genes are many (Jolliffe 2002, section 3.5). A missing value counts as its gene's mean.
 * @param values `[profiles, genes]`; centred in place
 */
export function projectProfiles(values: Float32Array, profiles: number): InferenceSummary["sampled"]["input"] {
  const genes = profiles === 0 ? 0 : values.length / profiles;
  centre(values, profiles, genes);
  const gram = new Float64Array(profiles * profiles);
  for (let i = 0; i < profiles; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let gene = 0, a = i * genes, b = j * genes; gene < genes; gene++, a++, b++)
        sum += (values[a] as number) * (values[b] as number);
      gram[i * profiles + j] = sum;
      gram[j * profiles + i] = sum;
    }
  }
  const { components, variances, totalVariance } = principalComponents(gram, profiles, Math.min(2, profiles));
  const along = (component: number, profile: number): number =>
    component * profiles + profile < components.length
      ? (components[component * profiles + profile] ?? 0) * Math.sqrt(variances[component] ?? 0)
      : 0;
  const share = (component: number): number => (totalVariance > 0 ? (variances[component] ?? 0) / totalVariance : 0);
  return {
    points: Array.from({ length: profiles }, (_, profile) => [along(0, profile), along(1, profile)]),
    shares: [share(0), share(1)],
  };
}

function centre(values: Float32Array, profiles: number, genes: number): void {
  for (let gene = 0; gene < genes; gene++) {
    let [sum, known] = [0, 0];
    for (let at = gene; at < values.length; at += genes) {
      const value = values[at] as number;
      if (Number.isNaN(value)) continue;
      sum += value;
      known++;
    }
    const mean = known > 0 ? sum / known : 0;
    for (let profile = 0, at = gene; profile < profiles; profile++, at += genes) {
      const value = values[at] as number;
      values[at] = Number.isNaN(value) ? 0 : value - mean;
    }
  }
}
