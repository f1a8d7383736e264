import { expect, test } from "vitest";
import { Random } from "../../../data/random.ts";
import type { ChainLayer, DenseNet } from "../../../train/explain/dense-net.ts";
import { explainWeights } from "../../../train/explain/explanation.ts";
import { concentration, purity } from "../../../train/explain/hubs.ts";
import { edgeTable, hubTable } from "../../../train/explain/tables.ts";

const [landmarks, units, targets] = [6, 40, 30];

/** Small weights with large ones put in: `[row, column, weight]`. */
function kernel(rows: number, columns: number, large: readonly (readonly [number, number, number])[]): Float32Array {
  const random = new Random(5);
  const values = Float32Array.from({ length: rows * columns }, () => 0.01 * (2 * random.uniform() - 1));
  for (const [r, c, weight] of large) values[r * columns + c] = weight;
  return values;
}

const layer = (name: string, [inputs, width]: readonly [number, number], values: Float32Array): ChainLayer => ({
  name,
  inputs,
  units: width,
  kernel: () => values,
});

/** Unit 7 raises targets 0 to 9; unit 3 lowers 10 to 14; unit 20 does both to 15 and 16. Landmark 2 drives 7 and 3. */
const first = layer(
  "hidden_1",
  [landmarks, units],
  kernel(landmarks, units, [
    [2, 7, 1],
    [2, 3, -1],
    [4, 7, 1],
  ]),
);
const out: [number, number, number][] = [
  ...Array.from({ length: 10 }, (_, t): [number, number, number] => [7, t, 1]),
  ...Array.from({ length: 5 }, (_, t): [number, number, number] => [3, 10 + t, -1]),
  [20, 15, 1],
  [20, 16, -1],
];
const last = layer("targets", [units, targets], kernel(units, targets, out));

/** A net of one chain. */
function netOf(...layers: readonly [ChainLayer, ...ChainLayer[]]): DenseNet {
  const [{ inputs }] = layers;
  return { inputs, outputs: targets, parts: [{ first: 0, targets, layers, calls: [] }] };
}
const net = netOf(first, last);

const genes = {
  landmarks: Array.from({ length: landmarks }, (_, i) => ({ id: `LM${i}`, symbol: `SYM\t${i}` })),
  targets: Array.from({ length: targets }, (_, i) => ({ id: `TG${i}`, symbol: "" })),
};

test("the hubs of a net made by hand are found, ranked by out-degree, with signs and concentration", () => {
  const [{ layers }] = explainWeights(net).parts;
  const [hidden] = layers;
  expect(layers).toHaveLength(1);
  expect(hidden?.hubs.slice(0, 4)).toEqual([
    {
      unit: 7,
      outputs: { edges: 10, positive: 10, negative: 0 },
      inputs: { edges: 2, positive: 2, negative: 0 },
    },
    { unit: 3, outputs: { edges: 5, positive: 0, negative: 5 }, inputs: { edges: 1, positive: 0, negative: 1 } },
    { unit: 20, outputs: { edges: 2, positive: 1, negative: 1 }, inputs: { edges: 0, positive: 0, negative: 0 } },
    { unit: 0, outputs: { edges: 0, positive: 0, negative: 0 }, inputs: { edges: 0, positive: 0, negative: 0 } },
  ]);
  expect(hidden?.hubs.slice(0, 4).map(({ outputs }) => purity(outputs))).toEqual(["+", "−", "mixed", ""]);
  expect(hidden?.spread.outputs).toEqual({
    edges: 17,
    units: 3,
    shares: [
      { top: 1, share: 10 / 17 },
      { top: 5, share: 1 },
      { top: 10, share: 1 },
    ],
    several: 3,
    pure: 2,
  });
  expect(concentration(hidden?.hubs ?? [], "inputs", [1])).toMatchObject({
    edges: 3,
    shares: [{ top: 1, share: 2 / 3 }],
  });
});

test("edges and hubs as tables name genes, units, weights; tabs in names do not shift columns", () => {
  const explanation = explainWeights(net);
  const edges = [...edgeTable(explanation, genes)].join("").trimEnd().split("\n");
  expect(edges).toHaveLength(1 + 3 + 17);
  expect(edges[0]).toBe("side\tgene\tsymbol\tlayer\tunit\tweight\tdeviation");
  expect(edges[1]).toMatch(/^input\tLM2\tSYM 2\thidden_1\t3\t-1\t-4\.\d+$/);
  expect(edges.at(-1)).toMatch(/^output\tTG16\t\thidden_1\t20\t-1\t-6\.\d+$/);
  const hubs = hubTable(explanation).trimEnd().split("\n");
  expect(hubs).toHaveLength(1 + 3);
  expect(hubs[1]).toBe("hidden_1\t1\t7\t10\t10\t0\t+\t0.588235\t2\t2\t0\t+\t0.666667");
});

test("of a deep net the first and the last kernel are explained, and no other is read", () => {
  const middle: ChainLayer = {
    name: "hidden_2",
    inputs: units,
    units,
    kernel: () => {
      throw new Error("the middle kernel was read");
    },
  };
  const [{ layers, hidden }] = explainWeights(netOf(first, middle, last)).parts;
  expect(hidden).toEqual([units, units]);
  expect(layers.map(({ name, inputs, outputs }) => [name, inputs?.genes.length, outputs?.genes.length])).toEqual([
    ["hidden_1", 3, undefined],
    ["hidden_2", undefined, 17],
  ]);
  expect(layers.map(({ hubs }) => hubs[0]?.unit)).toEqual([7, 7]);
});

test("a linear model has major weights straight from landmarks", () => {
  const values = kernel(landmarks * 10, targets, [[3, 5, 1]]);
  const only = layer("targets", [landmarks * 10, targets], values);
  const [{ layers, direct }] = explainWeights(netOf(only)).parts;
  expect(layers).toEqual([]);
  expect([[...(direct?.genes ?? [])], [...(direct?.units ?? [])]]).toEqual([[5], [3]]);
});

test("parts side by side are explained as each by itself, targets at their places in the whole output", () => {
  const other = layer("part_2_targets", [landmarks, targets], kernel(landmarks, targets, [[3, 5, 1]]));
  const parts: DenseNet["parts"] = [
    { first: 0, targets, layers: [other], calls: [] },
    { first: targets, targets, layers: [first, last], calls: [] },
  ];
  const thresholds = { inputs: 4, outputs: 2 };
  const both = explainWeights({ inputs: landmarks, outputs: 2 * targets, parts }, thresholds);
  const [linear] = explainWeights(netOf(other), thresholds).parts;
  const [deep] = explainWeights(netOf(first, last), thresholds).parts;
  const [one, two] = both.parts;
  expect([both.landmarks, both.targets, both.parts.length]).toEqual([landmarks, 2 * targets, 2]);
  expect(one).toEqual(linear);
  expect(one.direct?.genes).toContain(5);
  const [alone] = deep.layers;
  const [hidden] = two?.layers ?? [];
  expect(hidden?.outputs).toEqual({
    ...alone?.outputs,
    genes: alone?.outputs?.genes.map((target) => targets + target),
  });
  expect([hidden?.inputs, hidden?.hubs, hidden?.spread]).toEqual([alone?.inputs, alone?.hubs, alone?.spread]);
  const named = { ...genes, targets: Array.from({ length: 2 * targets }, (_, i) => ({ id: `TG${i}`, symbol: "" })) };
  const lines = [...edgeTable(both, named)].join("").trimEnd().split("\n").slice(1);
  const separate = [linear, deep].flatMap((part, at) => {
    const own = { ...named, targets: named.targets.slice(at * targets) };
    return [...edgeTable({ ...both, parts: [part] }, own)].join("").trimEnd().split("\n").slice(1);
  });
  expect(lines).toEqual(separate);
  expect(hubTable(both)).toBe(hubTable(explainWeights(netOf(first, last), thresholds)));
});
