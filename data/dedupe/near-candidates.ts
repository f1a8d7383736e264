/**
 * Pairs of samples that sketches cannot rule out.
 * @module
 */
import { type Distances, distanceSlack, type Points, pointsOf } from "../../runtime/algebra/distances.ts";
import { covarianceOf, MomentAccumulator } from "../../runtime/algebra/moments.ts";
import { principalComponents } from "../../runtime/algebra/pca.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { throwIfCancelled } from "../read/between-blocks.ts";
import type { Sketches } from "./sketch.ts";

/** What is searched. */
export interface Search {
  readonly sketches: Sketches;
  /** `[sketches.rows]`, from {@link mainCoordinates}. */
  readonly along: Float64Array;
  /** The rows whose pairs count. */
  readonly rows: Int32Array;
}

export interface SearchOptions {
  readonly distances: Pick<Distances, "all">;
  readonly distance: number;
  /** Rows that are compared with as many others in one run; the pairs do not depend on it. */
  readonly tileRows?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how many rows have met all their partners. */
  readonly onRows?: (count: number) => void;
}

/**
 * `[rows]`: sketches along the direction in which they vary most. Rows further apart along it than the distance sought
 * are further apart altogether, so that tiles of rows sorted by it meet few other tiles.
 */
export async function mainCoordinates(open: OpenSession, sketches: Sketches): Promise<Float64Array> {
  const { rows, width, values } = sketches;
  const along = new Float64Array(rows);
  if (rows < 2) return along;
  await using moments = await MomentAccumulator.open({ open, p: width, session: { device: "cpu" } });
  await moments.add({ x: values, rows });
  const { components } = principalComponents(covarianceOf(await moments.finish()), width, 1);
  for (let row = 0; row < rows; row += 1) {
    let sum = 0;
    for (let k = 0; k < width; k += 1) sum += (values[row * width + k] as number) * (components[k] as number);
    along[row] = sum;
  }
  return along;
}

/** Rows next to each other along the main direction. */
interface Tile {
  readonly rows: Int32Array;
  readonly points: Points;
  readonly first: number;
  readonly last: number;
  /** Largest error of a sketch. */
  readonly error: number;
}

/**
 * Pairs that may be nearer than the distance, `[pairs, 2]` with the earlier row first, each once, some at a time; every
 * pair that is nearer is among them.
 * @throws AppError `cancelled`
 */
export async function* nearCandidates(search: Search, options: SearchOptions): AsyncGenerator<Int32Array> {
  const { distances, distance, tileRows = 1024, signal, onRows } = options;
  const { along } = search;
  const order = search.rows.toSorted((i, j) => (along[i] as number) - (along[j] as number) || i - j);
  for (let start = 0; start < order.length; start += tileRows) {
    const tile = tileOf(search, order.subarray(start, start + tileRows));
    for (let next = start; next < order.length; next += tileRows) {
      throwIfCancelled(signal, "comparing samples");
      const other = next === start ? tile : tileOf(search, order.subarray(next, next + tileRows));
      const reach = distance + tile.error + other.error;
      // A gap is along a unit vector and in float64: 1e-6 is far more than its rounding.
      if (other.first - tile.last > reach * (1 + 1e-6)) break;
      const pairs = await tilePairs(search.sketches, { tile, other, distance, distances });
      if (pairs.length > 0) yield pairs;
    }
    onRows?.(Math.min(order.length, start + tileRows));
  }
}

function tileOf({ sketches, along }: Search, rows: Int32Array): Tile {
  const { width, values, error } = sketches;
  const tile = new Float32Array(rows.length * width);
  let largest = 0;
  for (const [at, row] of rows.entries()) {
    tile.set(values.subarray(row * width, (row + 1) * width), at * width);
    largest = Math.max(largest, error[row] ?? Number.POSITIVE_INFINITY);
  }
  return {
    rows,
    points: pointsOf(tile, width, distanceSlack(width)),
    first: along[rows[0] ?? 0] ?? Number.NaN,
    last: along[rows.at(-1) ?? 0] ?? Number.NaN,
    error: largest,
  };
}

interface TilePair {
  readonly tile: Tile;
  /** The same tile, or one that comes later. */
  readonly other: Tile;
  readonly distance: number;
  readonly distances: Pick<Distances, "all">;
}

/** Pairs of two tiles: the graph's lower bounds rule out nearly all, float64 sums of sketches some more. */
async function tilePairs(sketches: Sketches, { tile, other, distance, distances }: TilePair): Promise<Int32Array> {
  const { width, error } = sketches;
  const columns = other.rows.length;
  const bounds = await distances.all(tile.points, other.points);
  const reach = (distance + tile.error + other.error) ** 2;
  const [a, b] = [tile.points.values, other.points.values];
  const pairs: number[] = [];
  for (let i = 0; i < tile.rows.length; i += 1) {
    for (let j = tile === other ? i + 1 : 0; j < columns; j += 1) {
      if ((bounds[i * columns + j] as number) > reach) continue;
      const [first, second] = [tile.rows[i] as number, other.rows[j] as number];
      // 1e-9 is far more than the rounding of a float64 sum of 256 squares.
      const limit = (distance + (error[first] as number) + (error[second] as number)) ** 2 * (1 + 1e-9);
      if (within({ a, b, i: i * width, j: j * width, width }, limit))
        pairs.push(Math.min(first, second), Math.max(first, second));
    }
  }
  return Int32Array.from(pairs);
}

interface TwoVectors {
  readonly a: Float32Array;
  readonly b: Float32Array;
  /** Where they start. */
  readonly i: number;
  readonly j: number;
  readonly width: number;
}

/** Whether ‖a − b‖² ≤ limit, found out with as few terms as that takes. */
function within({ a, b, i, j, width }: TwoVectors, limit: number): boolean {
  let sum = 0;
  for (let k = 0; k < width; k += 1) {
    const d = (a[i + k] as number) - (b[j + k] as number);
    sum += d * d;
    if (sum > limit) return false;
  }
  return true;
}
