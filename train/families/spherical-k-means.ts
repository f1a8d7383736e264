import { Distances, pointsOf } from "../../runtime/algebra/distances.ts";
import { plusPlusCentres } from "../../runtime/algebra/k-means-start.ts";
import type { RandomNumbers } from "../../runtime/algebra/random-numbers.ts";
import type { OpenSession } from "../../runtime/session.ts";

export interface SphericalKMeansOptions {
  readonly open: OpenSession;
  /** How many clusters, at most: those that nothing is nearest to are left out. */
  readonly clusters: number;
  readonly random: RandomNumbers;
}

/** Passes of Lloyd's algorithm, at most. */
const passes = 15;

/**
 * Clusters directions: rows of `[rows, columns]` are brought to unit length, then k-means++ and Lloyd's algorithm
 * (Dhillon & Modha 2001 with centres that keep their length). Returns each row's cluster, numbered from 0 in the order
 * of their first rows.
 */
export async function sphericalKMeans(
  rows: Float32Array,
  columns: number,
  { open, clusters, random }: SphericalKMeansOptions,
): Promise<Int32Array> {
  const points = pointsOf(unitRows(rows, columns), columns);
  await using distances = new Distances(open);
  const wanted = Math.min(clusters, points.rows);
  if (wanted < 2) return new Int32Array(points.rows);
  const centres = await plusPlusCentres(points, { clusters: wanted, distances, random });
  let labels = new Int32Array(points.rows).fill(-1);
  for (let pass = 0; pass < passes; pass++) {
    const { index } = await distances.nearest(points, pointsOf(centres, columns));
    const next = Int32Array.from(index, Number);
    const isSettled = next.every((label, row) => label === labels[row]);
    labels = next;
    if (isSettled) break;
    moveCentres(centres, points.values, labels);
  }
  return numbered(labels);
}

function unitRows(rows: Float32Array, columns: number): Float32Array {
  const unit = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += columns) {
    let squares = 0;
    for (let j = start; j < start + columns; j++) squares += rows[j]! ** 2;
    // A row of zeros has no direction and stays where it is, between all.
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let j = start; j < start + columns; j++) unit[j] = rows[j]! * scale;
  }
  return unit;
}

/** Every centre to the mean of its rows; one without rows stays. */
function moveCentres(centres: Float32Array, values: Float32Array, labels: Int32Array): void {
  const columns = values.length / labels.length;
  const [sums, counts] = [new Float64Array(centres.length), new Float64Array(centres.length / columns)];
  for (const [row, label] of labels.entries()) {
    counts[label]! += 1;
    for (let j = 0; j < columns; j++) sums[label * columns + j]! += values[row * columns + j]!;
  }
  for (const [label, count] of counts.entries())
    if (count > 0) for (let j = label * columns; j < (label + 1) * columns; j++) centres[j] = sums[j]! / count;
}

function numbered(labels: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  for (const label of labels) if (!numbers.has(label)) numbers.set(label, numbers.size);
  return labels.map((label) => numbers.get(label) ?? 0);
}
