import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph, Node } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { initializersOf } from "../initializers.ts";
import { lowerNetwork } from "../lower/network.ts";
import type { TensorRef } from "../lower/topology.ts";
import { inputShape } from "../read/input-shape.ts";
import type { LayersModel } from "../read/layers-model.ts";
import { refKey } from "./layerwise.ts";

/** The net alone, lowered as an export lowers it, and the names of its layers' values in it. */
function loweredAlone(model: LayersModel): { readonly graph: Graph; readonly names: ReadonlyMap<string, string> } {
  const builder = new GraphBuilder(model.name);
  const inputs = model.inputs.map(({ layer }) => {
    const { type, dims } = inputShape(model, layer);
    return builder.input(layer, type, ["N", ...dims]);
  });
  const isInput = new Set(model.inputs.map(refKey));
  const refs = model.calls
    .map(({ layer, node }): TensorRef => ({ layer, node, tensor: 0 }))
    .filter((ref) => !isInput.has(refKey(ref)));
  const values = lowerNetwork({
    topology: { ...model, outputs: refs },
    mode: "infer",
    builder,
    inputs,
    weights: initializersOf(model, builder),
  });
  return { graph: builder.build(), names: new Map(refs.map((ref, i) => [refKey(ref), values[i] ?? ""])) };
}

function sameNode(one: Node, other: Node): boolean {
  return one.op === other.op && one.inputs.join("\n") === other.inputs.join("\n");
}

/**
 * Where a graph still shows what a layer gives, by the layer's `refKey`: names are derived from layers, so the net is
 * lowered once more by itself and its names looked up. A value whose node a pass has changed may mean something else now
 * and is left out, as are layers of which nothing is left.
 */
export function layerNames(model: LayersModel, graph: Graph): ReadonlyMap<string, string> {
  const alone = loweredAlone(model);
  const producers = (of: Graph): ReadonlyMap<string, Node> =>
    new Map(of.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const [before, after] = [producers(alone.graph), producers(graph)];
  const [dimsBefore, dimsAfter] = [inferShapes(alone.graph), inferShapes(graph)];
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return new Map(
    [...alone.names].filter(([, name]) => {
      const [one, other] = [before.get(name), after.get(name)];
      if (one === undefined || other === undefined || outputs.has(name)) return false;
      return sameNode(one, other) && dimsBefore.get(name)?.dims.join() === dimsAfter.get(name)?.dims.join();
    }),
  );
}
