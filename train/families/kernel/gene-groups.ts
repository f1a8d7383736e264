import { Random } from "../../../data/random.ts";
import type { OpenSession } from "../../../runtime/session.ts";
import { sphericalKMeans } from "../spherical-k-means.ts";

/** Targets that share a kernel. */
export interface GeneGroup {
  /** Dataset targets, ascending. */
  readonly targets: Int32Array;
  /** `[L]`: each landmark's weight in the comparison of profiles, mean square 1. */
  readonly metric: Float64Array;
}

/** Weights of ridge, `[L, T]`. */
export interface RidgeWeights {
  readonly kernel: Float32Array;
  readonly landmarks: number;
  readonly targets: number;
}

/** How targets are grouped. */
export interface Grouping {
  readonly clusters: number;
  /** Power P of ridge's weights. */
  readonly metricPower: number;
  readonly seed: number;
}

/** All targets in one group that weighs all landmarks alike. */
export function oneGroup({ landmarks, targets }: Pick<RidgeWeights, "landmarks" | "targets">): GeneGroup {
  return { targets: Int32Array.from({ length: targets }, (_, t) => t), metric: new Float64Array(landmarks).fill(1) };
}

/** Groups of targets whose ridge weights point alike: each target's group, numbered from 0. */
export function clusterTargets(
  open: OpenSession,
  { kernel, landmarks, targets }: RidgeWeights,
  { clusters, seed }: Pick<Grouping, "clusters" | "seed">,
): Promise<Int32Array> {
  const rows = new Float32Array(kernel.length);
  for (let j = 0; j < landmarks; j++)
    for (let t = 0; t < targets; t++) rows[t * landmarks + j] = kernel[j * targets + t]!;
  return sphericalKMeans(rows, landmarks, { open, clusters, random: new Random(seed) });
}

/**
 * The groups with their metrics: a landmark that ridge uses much for a group's targets counts much where profiles are
 * compared for them, w = (mean over the group of W²)^(P/2), scaled to mean w² = 1.
 */
export function geneGroups(
  labels: Int32Array,
  { kernel, landmarks, targets }: RidgeWeights,
  metricPower: number,
): GeneGroup[] {
  const count = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  return Array.from({ length: count }, (_, group) => {
    const members = Int32Array.from(labels.keys()).filter((t) => labels[t] === group);
    const metric = new Float64Array(landmarks);
    for (let j = 0; j < landmarks; j++) {
      let squares = 0;
      for (const t of members) squares += kernel[j * targets + t]! ** 2;
      metric[j] = (squares / members.length) ** (metricPower / 2);
    }
    const size = Math.sqrt(metric.reduce((sum, weight) => sum + weight * weight, 0) / landmarks);
    // Targets that ridge predicts by their mean alone have no weights to tell landmarks apart.
    return { targets: members, metric: size > 0 ? metric.map((weight) => weight / size) : metric.fill(1) };
  });
}
