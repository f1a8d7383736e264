/**
 * Where the units of a weight map lie: hidden units by rank, the strongest hub on top with the most room, genes at the
 * mean height of the units they hang on, so that few edges cross.
 * @module
 */
import type { MajorWeights } from "./major-weights.ts";

/** A unit or gene on the map, in pixels. */
export interface Place {
  readonly y: number;
  /** Of the circle; its room is twice this at least. */
  readonly radius: number;
  /** Edges drawn. */
  readonly edges: number;
}

/** Places by index of unit or gene; what has no edge has no place. */
export type Places = ReadonlyMap<number, Place>;

/** From where to where a column reaches, in pixels. */
export interface Extent {
  readonly top: number;
  readonly bottom: number;
}

const largestRadius = 13;

/** The `most` edges that deviate most, in their old order: a map of all edges of a large net is a solid block. */
export function strongest(edges: MajorWeights, most: number): MajorWeights {
  const order = [...edges.genes.keys()];
  const size = (edge: number): number => Math.abs(edges.deviations[edge] ?? 0);
  const kept = order.toSorted((a, b) => size(b) - size(a) || a - b).slice(0, most);
  kept.sort((a, b) => a - b);
  const pick = <T extends Int32Array | Float32Array>(values: T, empty: T): T => {
    for (const [at, edge] of kept.entries()) empty[at] = values[edge] ?? Number.NaN;
    return empty;
  };
  return {
    genes: pick(edges.genes, new Int32Array(kept.length)),
    units: pick(edges.units, new Int32Array(kept.length)),
    weights: pick(edges.weights, new Float32Array(kept.length)),
    deviations: pick(edges.deviations, new Float32Array(kept.length)),
  };
}

/** Edges of every index that has some. */
export function degrees(lists: readonly Int32Array[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const list of lists) for (const index of list) counts.set(index, (counts.get(index) ?? 0) + 1);
  return counts;
}

/**
 * Indices in the order given, down a column: room in proportion to the root of their edges, as is the circles' radius,
 * so that areas tell edges and circles do not overlap.
 */
export function stacked(order: readonly number[], edges: ReadonlyMap<number, number>, { top, bottom }: Extent): Places {
  const shown = order.filter((index) => (edges.get(index) ?? 0) > 0);
  const root = (index: number): number => Math.sqrt(edges.get(index) ?? 0);
  const sum = shown.reduce((total, index) => total + root(index), 0);
  const most = shown.reduce((largest, index) => Math.max(largest, root(index)), 0);
  const scale = (bottom - top) / Math.max(sum, Number.MIN_VALUE);
  const perRoot = Math.min(scale / 2, largestRadius / Math.max(most, Number.MIN_VALUE));
  const places = new Map<number, Place>();
  let y = top;
  for (const index of shown) {
    const room = scale * root(index);
    places.set(index, { y: y + room / 2, radius: perRoot * root(index), edges: edges.get(index) ?? 0 });
    y += room;
  }
  return places;
}

/** Genes by the mean height of their units. */
export function byMeanHeight({ genes, units }: MajorWeights, of: Places): number[] {
  const sums = new Map<number, { height: number; edges: number }>();
  for (const [edge, gene] of genes.entries()) {
    const { height, edges } = sums.get(gene) ?? { height: 0, edges: 0 };
    sums.set(gene, { height: height + (of.get(units[edge] ?? -1)?.y ?? 0), edges: edges + 1 });
  }
  const mean = (gene: number): number => {
    const { height = 0, edges = 1 } = sums.get(gene) ?? {};
    return height / edges;
  };
  return [...sums.keys()].toSorted((a, b) => mean(a) - mean(b) || a - b);
}

/** Which places get a label: those with the most edges first, none closer than `apart` to one that has it already. */
export function labelled(places: Places, apart: number): Set<number> {
  const taken: number[] = [];
  const chosen = new Set<number>();
  const order = [...places].toSorted(([a, one], [b, other]) => other.edges - one.edges || a - b);
  for (const [index, { y }] of order) {
    if (taken.some((other) => Math.abs(other - y) < apart)) continue;
    taken.push(y);
    chosen.add(index);
  }
  return chosen;
}
