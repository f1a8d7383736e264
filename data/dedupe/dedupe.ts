/**
 * Finds samples that a compendium holds twice: the step of D-GEX before its split (Chen et al. 2016, section 2.1, and
 * its `nodup_idx.py`), and the same rule without its approximation.
 * @module
 */
import { Distances } from "../../runtime/algebra/distances.ts";
import { type KMeans, miniBatchKMeans, nearestCentres } from "../../runtime/algebra/k-means.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { AppError, type OnProgress } from "../../schemas/index.ts";
import { Random } from "../random.ts";
import type { ExpressionSource } from "../source.ts";
import { mainCoordinates, nearCandidates } from "./near-candidates.ts";
import { type Dropped, PairVerifier } from "./pair-verifier.ts";
import { type Sketches, sketchRows, sketchWidth } from "./sketch.ts";
import { SourceRows } from "./source-rows.ts";

export type DedupeMethod = "kmeans" | "exact";

export interface DedupeOptions {
  readonly open: OpenSession;
  /**
   * Which pairs are looked at: `kmeans` those inside a cluster, as the paper did, so that duplicates in different
   * clusters stay; `exact` all.
   */
  readonly method: DedupeMethod;
  /** Samples nearer than this, d < distance, are duplicates; Euclidean over all genes of the source, in its units. */
  readonly distance?: number;
  /** Clusters of `kmeans`. */
  readonly clusters?: number;
  /** Any safe integer. With `kmeans` it decides the clusters; with `exact` the result does not depend on it. */
  readonly seed: number;
  /**
   * Memory to work in, about, beside 3,000 rows for `kmeans`: up to a half holds the matrix if it fits, an eighth the
   * sketches, an eighth rows of candidates, the rest blocks and runs. The result does not depend on it, but for a sample
   * that lies between two clusters as far as float32 can tell.
   */
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** The clusters that `kmeans` looked into. */
export interface DedupeClusters {
  /** `[samples]`: the cluster of each. */
  readonly labels: Int32Array;
  /** `[clusters]`: samples of each. */
  readonly sizes: Int32Array;
  /** Mini-batches used, and whether the fit ended because it had stopped improving. */
  readonly steps: number;
  readonly converged: boolean;
}

export interface Deduplication {
  /** Samples that stay, ascending; with `dropped` it covers every sample once. */
  readonly kept: Int32Array;
  /** Samples that go, ascending. */
  readonly dropped: readonly Dropped[];
  readonly clusters?: DedupeClusters;
}

const gibibyte = 2 ** 30;

/**
 * Which samples stay when every sample goes that has a duplicate before it, **whether or not that one goes too**: of a
 * chain a ~ b ~ c both b and c go, even when c is far from a. That is the rule of the paper's script, which drops j of
 * every pair i < j without asking about i, and it makes the result a property of pairs: no order of work changes it.
 *
 * Decisions are exact: graphs in float32 only rule pairs out, by a lower bound that rounding cannot raise
 * (`sketch.ts`, `distances.ts`); what they leave is decided in float64 from the rows. Clusters of `kmeans` are float32.
 *
 * Cost for n samples of p genes: one pass over the file and 3·n·p operations for sketches of K ≤ 256 numbers; K·n² ·w
 * in graphs, with w ≤ 1 the share of pairs that lie together along the main direction; for every candidate pair its two
 * rows, most of them read once. `kmeans` adds at most 10 passes in random order, 2·n·p·clusters each, and one in order.
 * @throws AppError `bad-data` naming samples and genes with missing or infinite values, or values beyond float32's
 * squares; `usage` for a distance, cluster count or seed that makes no sense; `cancelled`.
 */
export async function dedupe(source: ExpressionSource, options: DedupeOptions): Promise<Deduplication> {
  const { open, method, distance = 1, seed, memoryBytes = gibibyte, signal, onProgress } = options;
  checkOptions(source, options);
  const samples = source.samples.ids.length;
  const rows = new SourceRows(source, { heldBytes: memoryBytes / 2, signal });
  const width = sketchWidth(rows, memoryBytes / 8);
  const sketches = await sketchRows(rows, { random: new Random(seed, 1), width, onProgress });
  // Accelerators may round to TF32, which the bounds do not cover.
  await using distances = new Distances(open, { device: "cpu" });
  const clusters =
    method === "kmeans" ? await clusterRows({ rows, distances, options, random: new Random(seed, 2) }) : undefined;
  const verifier = new PairVerifier(rows, { distance, rowBytes: memoryBytes / 8 });
  const along = await mainCoordinates(open, sketches);
  for await (const pairs of candidates({ groups: groupsOf(samples, clusters), sketches, along }, distances, options))
    await verifier.add(pairs);
  const dropped = await verifier.finish();
  const gone = new Set(dropped.map(({ row }) => row));
  const kept = Int32Array.from({ length: samples }, (_, row) => row).filter((row) => !gone.has(row));
  return { kept, dropped, ...(clusters && { clusters }) };
}

interface Searched {
  /** Samples whose pairs are looked at, group by group. */
  readonly groups: readonly Int32Array[];
  readonly sketches: Sketches;
  readonly along: Float64Array;
}

async function* candidates(
  { groups, sketches, along }: Searched,
  distances: Distances,
  { distance = 1, signal, onProgress }: DedupeOptions,
): AsyncGenerator<Int32Array> {
  let done = 0;
  for (const rows of groups) {
    const before = done;
    const onRows = (count: number): void =>
      onProgress?.({ phase: "compare samples", done: before + count, total: sketches.rows, unit: "profiles" });
    yield* nearCandidates({ sketches, along, rows }, { distances, distance, signal, onRows });
    done += rows.length;
  }
}

/** The samples of each cluster, or of the whole set, ascending. */
function groupsOf(samples: number, clusters: DedupeClusters | undefined): Int32Array[] {
  if (clusters === undefined) return [Int32Array.from({ length: samples }, (_, row) => row)];
  const groups = Array.from(clusters.sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(groups.length);
  clusters.labels.forEach((label, row) => {
    const at = filled[label] ?? 0;
    groups[label]?.fill(row, at, at + 1);
    filled[label] = at + 1;
  });
  return groups;
}

interface Clustering {
  readonly rows: SourceRows;
  readonly distances: Distances;
  readonly options: DedupeOptions;
  readonly random: Random;
}

/** The paper's clusters: fitted on mini-batches of 1,000 in random order, then every sample to its nearest centre. */
async function clusterRows({ rows, distances, options, random }: Clustering): Promise<DedupeClusters> {
  const { clusters = 100, signal, onProgress } = options;
  const onStep = (done: number, total: number): void =>
    onProgress?.({ phase: "cluster samples", done, total, unit: "steps" });
  const fit = await miniBatchKMeans(rows, { distances, clusters, batchRows: 1000, passes: 10, random, signal, onStep });
  const labels = await labelRows(rows, { fit, distances, onProgress });
  const sizes = new Int32Array(clusters);
  for (const label of labels) sizes[label] = (sizes[label] ?? 0) + 1;
  return { labels, sizes, steps: fit.steps, converged: fit.converged };
}

interface Labelling extends Pick<DedupeOptions, "onProgress"> {
  readonly fit: KMeans;
  readonly distances: Distances;
}

async function labelRows(rows: SourceRows, { fit, distances, onProgress }: Labelling): Promise<Int32Array> {
  const labels = new Int32Array(rows.rows);
  for await (const { start, rows: count, values } of rows.stream()) {
    labels.set(await nearestCentres(distances, fit, { values, rows: count }), start);
    onProgress?.({ phase: "assign clusters", done: start + count, total: rows.rows, unit: "profiles" });
  }
  return labels;
}

/** @throws AppError `usage`; `bad-data` for a source without genes */
function checkOptions(source: ExpressionSource, { method, distance = 1, clusters = 100 }: DedupeOptions): void {
  const where = source.label;
  if (!(distance > 0 && distance < Number.POSITIVE_INFINITY))
    throw new AppError("usage", { what: "no such distance", where, expected: "a number > 0", got: `${distance}` });
  if (source.genes.ids.length === 0)
    throw new AppError("bad-data", { what: "samples without genes cannot be compared", where });
  const samples = source.samples.ids.length;
  if (method === "exact" || (Number.isSafeInteger(clusters) && clusters >= 1 && clusters <= samples)) return;
  throw new AppError("usage", {
    what: "the samples cannot be put into so many clusters",
    where,
    expected: `1 to ${samples} clusters`,
    got: `${clusters}`,
    advice: "Give fewer clusters, or use the method exact, which needs none",
  });
}
