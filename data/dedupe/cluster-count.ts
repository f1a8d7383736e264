/** What the paper's 100 clusters of 129,158 samples come to, about: as many as are compared with each other at ease. */
const samplesPerCluster = 1000;
const mostClusters = 100;
/** With fewer, clusters part near samples more often than not. */
const fewestPerCluster = 10;

/**
 * Clusters of `kmeans` for a cohort: as many as asked for, unless that leaves fewer than 10 samples to a cluster; then,
 * and where nobody asks, one per 1,000 samples, at least 1 and at most the 100 of D-GEX (`nodup_idx.py`).
 */
export function clusterCount(samples: number, asked: number | undefined): number {
  if (asked !== undefined && asked * fewestPerCluster <= samples) return asked;
  return Math.min(mostClusters, Math.max(1, Math.round(samples / samplesPerCluster)));
}

/** Tells of a cohort in which another number of clusters was used than asked for. */
export function clusterWarnings(cohort: string, samples: number, asked: number | undefined): string[] {
  const used = clusterCount(samples, asked);
  if (asked === undefined || used === asked) return [];
  return [
    `duplicates of ${cohort} were sought in ${used === 1 ? "1 cluster" : `${used} clusters`} instead of ${asked}: ${samples} samples give fewer than ${fewestPerCluster} a cluster, where next to none are compared`,
  ];
}
