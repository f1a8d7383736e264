/** What blocks are made of; oracle: the formula of each kind, computed here in float64 from the layers' own weights. */
import { describe, expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import { Blocks } from "../../schemas/index.ts";
import { blockLayers } from "../../train/families/blocks.ts";
import { glorotLimit } from "../../train/families/initial-weights.ts";
import { type LayersModel, parameterCount, weightsByName, withWeights } from "../../train/layers-model.ts";
import { openPrediction } from "../../train/ort/net-sessions.ts";
import { topologyOf } from "../../train/topology.ts";
import { loadedByTfjs } from "./loaded-by-tfjs.ts";
import { distance, normals } from "./ort/nets.ts";

const [landmarks, width, depth, targets] = [4, 3, 3, 5];

function netOf(more: object, directions?: Float32Array): LayersModel {
  const blocks = Blocks.parse({ width, depth, dropout: 0, ...more });
  const layers = blockLayers({ blocks, prefix: "", landmarks, targets, seed: 1, ...(directions && { directions }) });
  return { name: "blocks", inputs: landmarks, layers };
}

/** Weights that are not 0 anywhere, so that the output sees every feature. */
function filled(model: LayersModel): LayersModel {
  const weights = [...weightsByName(model)].map(([name, { length }], at) => [name, normals(length, 10 + at)] as const);
  return withWeights(model, new Map(weights));
}

/** What a block reads next, by kind. */
const joined = {
  residual: (h: number[], c: number[]) => h.map((value, at) => value + (c[at] ?? 0)),
  dense: (h: number[], c: number[]) => [...h, ...c],
  plain: (_: number[], c: number[]) => c,
};

/** One profile through the blocks, by the formula of `blockLayers`. */
function byFormula(model: LayersModel, kind: keyof typeof joined, x: readonly number[]): number[] {
  const weights = weightsByName(model);
  const through = (layer: string, read: readonly number[]): number[] => {
    const [kernel, bias] = [weights.get(`${layer}/kernel`) ?? [], weights.get(`${layer}/bias`) ?? []];
    expect(kernel.length).toBe(read.length * bias.length);
    return Array.from(bias, (b, unit) =>
      read.reduce((sum, value, at) => sum + value * (kernel[at * bias.length + unit] ?? 0), b),
    );
  };
  const f = (values: readonly number[]) => values.map((value) => Math.max(value, 0.2 * value));
  let h = through("input", x);
  for (let block = 1; block <= depth; block++) h = joined[kind](h, through(`block_${block}_dense`, f(h)));
  return through("output", f(h));
}

describe.each(["residual", "dense", "plain"] as const)("blocks of kind %s", (kind) => {
  it("compute the formula of the kind", async () => {
    const model = filled(netOf({ kind }));
    const { session, predictZ } = await openPrediction(openSession, topologyOf(model), weightsByName(model));
    const x = normals(landmarks, 7);
    expect(distance(await predictZ(x, 1), byFormula(model, kind, [...x]))).toBeLessThan(1e-5);
    await session[Symbol.asyncDispose]();
  });

  it.each(["leaky-relu", "adaptive"])(
    "are counted as tfjs counts them, with normalisations and %s",
    async (activation) => {
      const model = netOf({ kind, norm: "layer", activation });
      expect((await loadedByTfjs(model)).countParams()).toBe(parameterCount(model));
      const lowRank = netOf({ kind, activation }, normals(2 * targets, 8));
      expect((await loadedByTfjs(lowRank)).countParams()).toBe(parameterCount(lowRank));
    },
  );

  it("begin with kernels of Glorot's range for the features they read, and an output of 0", () => {
    const weights = weightsByName(netOf({ kind, width: 40 }));
    for (let block = 1; block <= depth; block++) {
      const kernel = weights.get(`block_${block}_dense/kernel`) ?? new Float32Array();
      const inputs = kind === "dense" ? block * 40 : 40;
      expect(kernel.length).toBe(inputs * 40);
      const largest = Math.max(...kernel.map(Math.abs));
      expect(largest / glorotLimit(inputs, 40)).toBeGreaterThan(0.95);
      expect(largest / glorotLimit(inputs, 40)).toBeLessThanOrEqual(1);
    }
    expect(weights.get("output/kernel")?.every((value) => value === 0)).toBe(true);
  });
});
