import type { MajorWeights } from "./major-weights.ts";

/** Major weights of a hidden unit on one side of it. */
export interface UnitDegree {
  readonly edges: number;
  readonly positive: number;
  readonly negative: number;
}

/** A hidden unit with its major weights from landmarks and to targets. */
export interface Hub {
  /** Index in its layer. */
  readonly unit: number;
  readonly inputs: UnitDegree;
  readonly outputs: UnitDegree;
}

/** How the edges of one side are spread over the hidden units. */
export interface Concentration {
  readonly edges: number;
  /** Units with at least one edge. */
  readonly units: number;
  /** Share of all edges that the `top` units with the most edges hold. */
  readonly shares: readonly { readonly top: number; readonly share: number }[];
  /** Units with two edges or more, and those of them whose weights all have one sign. */
  readonly several: number;
  readonly pure: number;
}

/** Which sign the weights of a unit have; a single edge says nothing and has the sign that it has. */
export function purity({ positive, negative }: UnitDegree): "+" | "−" | "mixed" | "" {
  if (positive === 0 && negative === 0) return "";
  if (positive > 0 && negative > 0) return "mixed";
  return positive > 0 ? "+" : "−";
}

function degreesOf({ units, weights }: MajorWeights, count: number): UnitDegree[] {
  const [positive, negative] = [new Int32Array(count), new Int32Array(count)];
  for (const [edge, unit] of units.entries()) {
    const side = (weights[edge] ?? 0) >= 0 ? positive : negative;
    side[unit] = (side[unit] ?? 0) + 1;
  }
  return Array.from(positive, (plus, unit) => {
    const minus = negative[unit] ?? 0;
    return { edges: plus + minus, positive: plus, negative: minus };
  });
}

/**
 * The units of a hidden layer by retained out-degree (Chen et al. 2016, 3.4), then in-degree, then index; a side that
 * the layer does not have is empty.
 */
export function rankHubs(
  units: number,
  { inputs, outputs }: { readonly inputs?: MajorWeights; readonly outputs?: MajorWeights },
): Hub[] {
  const none: UnitDegree = { edges: 0, positive: 0, negative: 0 };
  const into = inputs && degreesOf(inputs, units);
  const out = outputs && degreesOf(outputs, units);
  const hubs = Array.from(
    { length: units },
    (_, unit): Hub => ({ unit, inputs: into?.[unit] ?? none, outputs: out?.[unit] ?? none }),
  );
  return hubs.toSorted(
    (a, b) => b.outputs.edges - a.outputs.edges || b.inputs.edges - a.inputs.edges || a.unit - b.unit,
  );
}

/** How the edges of one side are spread, whatever the order of the hubs. */
export function concentration(
  hubs: readonly Hub[],
  side: "inputs" | "outputs",
  tops: readonly number[] = [1, 5, 10, 50, 100],
): Concentration {
  const degrees = hubs.map((hub) => hub[side]).toSorted((a, b) => b.edges - a.edges);
  const edges = degrees.reduce((sum, degree) => sum + degree.edges, 0);
  const held = (top: number): number => degrees.slice(0, top).reduce((sum, degree) => sum + degree.edges, 0);
  const several = degrees.filter((degree) => degree.edges > 1);
  return {
    edges,
    units: degrees.filter((degree) => degree.edges > 0).length,
    shares: tops
      .filter((top) => top <= hubs.length)
      .map((top) => ({ top, share: edges === 0 ? 0 : held(top) / edges })),
    several: several.length,
    pure: several.filter((degree) => purity(degree) !== "mixed").length,
  };
}
