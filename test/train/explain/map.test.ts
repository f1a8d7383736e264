import { array, assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import type { ExplainedPart } from "../../../train/explain/explanation.ts";
import { rankHubs } from "../../../train/explain/hubs.ts";
import type { MajorWeights } from "../../../train/explain/major-weights.ts";
import { byMeanHeight, degrees, labelled, stacked, strongest } from "../../../train/explain/map-layout.ts";
import { weightMap } from "../../../train/explain/weight-map.ts";

function edges(list: readonly (readonly [gene: number, unit: number, weight: number])[]): MajorWeights {
  return {
    genes: Int32Array.from(list, ([gene]) => gene),
    units: Int32Array.from(list, ([, unit]) => unit),
    weights: Float32Array.from(list, ([, , weight]) => weight),
    deviations: Float32Array.from(list, ([, , weight]) => 5 * weight),
  };
}

test("circles of a column keep its order, do not overlap and stay inside, their areas in proportion to edges", () => {
  assert(
    property(array(integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 300 }), (counts) => {
      const order = counts.map((_, index) => index).toReversed();
      const places = [...stacked(order, new Map(counts.entries()), { top: 10, bottom: 700 })];
      expect(places.map(([index]) => index)).toEqual(order.filter((index) => (counts[index] ?? 0) > 0));
      for (const [at, [index, { y, radius }]] of places.entries()) {
        const before = places[at - 1]?.[1];
        const floor = before === undefined ? 10 : before.y + before.radius;
        expect(y - radius).toBeGreaterThan(floor - 1e-6);
        expect(y + radius).toBeLessThan(700 + 1e-6);
        const area = (radius * radius) / (counts[index] ?? 1);
        expect(area).toBeCloseTo((places[0]?.[1].radius ?? 0) ** 2 / (places[0]?.[1].edges ?? 1), 6);
      }
    }),
  );
});

test("genes lie in the order of the mean height of their units", () => {
  const units = stacked(
    [0, 1, 2],
    new Map([
      [0, 1],
      [1, 1],
      [2, 1],
    ]),
    { top: 0, bottom: 300 },
  );
  // Means of heights 50, 150, 250: gene 9 at 250, gene 4 at 150, gene 5 at (50 + 150)/2.
  const list = edges([
    [9, 2, 1],
    [4, 0, 1],
    [4, 2, 1],
    [5, 0, 1],
    [5, 1, 1],
  ]);
  expect(byMeanHeight(list, units)).toEqual([5, 4, 9]);
});

test("the strongest edges are kept by distance from the mean, whatever the sign, in their order", () => {
  const kept = strongest(
    edges([
      [0, 0, 1],
      [1, 0, -3],
      [2, 0, 2],
      [3, 0, -0.5],
    ]),
    2,
  );
  expect([...kept.genes]).toEqual([1, 2]);
  expect([...kept.weights]).toEqual([-3, 2]);
});

test("labels keep apart, those with more edges first", () => {
  const places = new Map([
    [0, { y: 0, radius: 1, edges: 1 }],
    [1, { y: 6, radius: 1, edges: 9 }],
    [2, { y: 20, radius: 1, edges: 1 }],
  ]);
  expect([...labelled(places, 12)]).toEqual([1, 2]);
});

test("degrees count both sides of a unit", () => {
  expect([...degrees([Int32Array.of(1, 1, 2), Int32Array.of(1)])]).toEqual([
    [1, 3],
    [2, 1],
  ]);
});

const attack = `<script>alert("x")</script>`;
const genes = {
  landmarks: [
    { id: "LM0", symbol: attack },
    { id: "LM1", symbol: "" },
  ],
  targets: [
    { id: "TG0", symbol: "AAA" },
    { id: "TG1", symbol: "" },
  ],
};

function small(): ExplainedPart {
  const [inputs, outputs] = [
    edges([[0, 1, 2]]),
    edges([
      [0, 1, 1],
      [1, 1, -1],
      [1, 0, -2],
    ]),
  ];
  const hubs = rankHubs(3, { inputs, outputs });
  const layers = [{ name: "hidden_1", units: 3, hubs, inputs, outputs, spread: {} }];
  return { targets: 2, hidden: [3], layers };
}

test("every edge is a path with its sign's class and a title of gene, unit and weight; names are text", () => {
  const { svg, drawn, edges: found } = weightMap(small(), genes);
  expect([drawn, found]).toEqual([4, 4]);
  expect(svg.markup.match(/<path class="p"/g)).toHaveLength(2);
  expect(svg.markup.match(/<path class="n"/g)).toHaveLength(2);
  expect(svg.markup).toContain("<title>AAA, unit 1: +1.00 (+5.00 sd)</title>");
  expect(svg.markup).toContain("<title>TG1, unit 0: −2.00 (−10.0 sd)</title>");
  expect(svg.markup).not.toMatch(/<script/);
  expect(svg.markup).toContain("&lt;script&gt;");
});

test("only the strongest edges of a side are drawn, and the map says how many there are", () => {
  const { drawn, edges: found } = weightMap(small(), genes, 1);
  expect([drawn, found]).toEqual([2, 4]);
});

test("a linear model's map has landmarks for units", () => {
  const direct = edges([
    [0, 1, 1],
    [1, 0, -1],
  ]);
  const { svg } = weightMap({ layers: [], direct }, genes);
  expect(svg.markup).toContain("<title>AAA, LM1: +1.00 (+5.00 sd)</title>");
  expect(svg.markup).toContain("landmarks (2)");
});

test("a net without major weights has an empty map", () => {
  const none = edges([]);
  const hubs = rankHubs(3, { inputs: none, outputs: none });
  const layers = [{ name: "hidden_1", units: 3, hubs, inputs: none, outputs: none, spread: {} }];
  const { svg, drawn } = weightMap({ ...small(), layers }, genes);
  expect(drawn).toBe(0);
  expect(svg.markup).not.toMatch(/NaN|Infinity|<path/);
});
