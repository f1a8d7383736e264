/** Lowering as the training engine uses it: weights come from outside; oracle: the served lowering of the same net. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { genericGraph } from "../../export/graph.ts";
import { lowerNetwork } from "../../export/lower/network.ts";
import { type LayersModel, readLayersModel } from "../../export/read/layers-model.ts";
import { valuesOf } from "../../export/read/weight-data.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { type EvalTensor, evaluateGraph } from "../../onnx/evaluate/index.ts";
import { fillWeights, normalRows, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

async function saved(...layers: tfl.layers.Layer[]): Promise<LayersModel> {
  const model = tfl.sequential({ name: "net", layers });
  fillWeights(model);
  return readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")));
}

const float = (dims: readonly number[], data: Float32Array): EvalTensor => ({
  type: "float32",
  dims,
  data: Float64Array.from(data),
});

test("a net lowered for training with weights as inputs computes what the served net computes", async () => {
  const model = await saved(
    tfl.layers.dense({ units: 5, inputShape: [4], activation: "tanh", name: "hidden" }),
    tfl.layers.dense({ units: 3, name: "head" }),
  );
  const g = new GraphBuilder("training");
  const asked: string[] = [];
  const [y = ""] = lowerNetwork({
    topology: model,
    mode: "train",
    builder: g,
    inputs: [g.input("x", "float32", ["N", 4])],
    weights: ({ layer, weight, dims, layout }) => {
      asked.push(`${layer}/${weight} ${layout}`);
      return g.input(`${layer}/${weight}`, "float32", layout === "out-in" ? dims.toReversed() : dims);
    },
    outInKernels: new Set(["head"]),
  });
  g.output("y", y);
  expect(asked).toEqual(["hidden/kernel in-out", "hidden/bias in-out", "head/kernel out-in", "head/bias in-out"]);
  const x = float([6, 4], normalRows([6, 4]));
  const feeds = new Map([["x", x]]);
  for (const [name, weight] of model.weights) feeds.set(name, float(weight.dims, valuesOf(weight)));
  const kernel = feeds.get("head/kernel");
  const turned = new Float32Array(15).map((_, i) => Number(kernel?.data[(i % 5) * 3 + Math.floor(i / 5)]));
  feeds.set("head/kernel", float([3, 5], turned));
  const served = evaluateGraph(genericGraph(model), new Map([["hidden_input", x]])).get("head");
  expect(evaluateGraph(g.build(), feeds).get("y")).toEqual(served);
});

test("layers that have no rule for training say why, all at once", async () => {
  const model = await saved(
    tfl.layers.dropout({ rate: 0.5, inputShape: [4], name: "drop" }),
    tfl.layers.batchNormalization({ name: "normal" }),
  );
  const g = new GraphBuilder("training");
  const inputs = [g.input("x", "float32", ["N", 4])];
  const lower = () => lowerNetwork({ topology: model, mode: "train", builder: g, inputs, weights: () => "" });
  expect(lower).toThrow(
    /net\/drop \(Dropout\): needs random draws.*net\/normal \(BatchNormalization\): needs the moments/,
  );
});

test("a configuration that cannot be lowered is reported by layer, with the field", async () => {
  const model = await saved(tfl.layers.dense({ units: 2, inputShape: [4], name: "odd" }));
  const layers = new Map(
    [...model.layers].map(([name, layer]) => [name, { ...layer, config: { ...layer.config, activation: "step" } }]),
  );
  expect(() => genericGraph({ ...model, layers })).toThrow(/net\/odd \(Dense\): activation: /);
});

test.each([
  ["softmax", () => tfl.layers.softmax({ axis: -1, name: "odd" })],
  ["layer normalisation", () => tfl.layers.layerNormalization({ name: "odd" })],
  ["batch normalisation", () => tfl.layers.batchNormalization({ name: "odd" })],
])("%s over the batch axis names the layer", async (_name, layer) => {
  const model = await saved(tfl.layers.dense({ units: 3, inputShape: [6] }), layer());
  const layers = new Map(
    [...model.layers].map(([name, found]) => [name, { ...found, config: { ...found.config, axis: 0 } }]),
  );
  expect(() => genericGraph({ ...model, layers })).toThrow(/net\/odd: .*behind the batch axis.*\[0\]/);
});
