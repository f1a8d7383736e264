import { lowerNetwork } from "../../export/lower/network.ts";
import type { Topology } from "../../export/lower/topology.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { hostTensor } from "../../runtime/host-tensor.ts";
import { modelBytes } from "../../runtime/model-bytes.ts";
import type { HostTensor, OpenSession } from "../../runtime/session.ts";
import type { ReadWeight } from "./dense-net.ts";

/** z landmarks `[rows, L]` → values `[rows, units]` of every output of a net, the receiver's own. */
export type Activate = (landmarks: Float32Array, rows: number) => Promise<readonly Float32Array[]>;

/** Computes what a net's topology ends in; dispose it to close its session. */
export interface Activations extends AsyncDisposable {
  readonly activate: Activate;
}

/**
 * Opens the inference graph of a net of one input; weights are fed, so that none is in the graph's bytes.
 * @throws AppError `bad-model` for a layer that cannot be lowered; as {@link OpenSession} otherwise.
 */
export async function openActivations(
  topology: Topology,
  { landmarks, read, open }: { readonly landmarks: number; readonly read: ReadWeight; readonly open: OpenSession },
): Promise<Activations> {
  const graph = new GraphBuilder(topology.name);
  const x = graph.input("x", "float32", ["N", landmarks]);
  const fed = new Map<string, HostTensor>();
  const values = lowerNetwork({
    topology,
    mode: "infer",
    builder: graph.scope("net"),
    inputs: [x],
    weights: ({ layer, weight, dims }) => {
      const name = `${layer}/${weight}`;
      if (fed.has(name)) return name;
      fed.set(name, hostTensor("float32", dims, read({ layer, weight, dims })));
      return graph.input(name, "float32", dims);
    },
  });
  const names = values.map((value, at) => {
    const name = `activations_${at + 1}`;
    graph.output(name, value);
    return name;
  });
  const session = await open({ bytes: modelBytes(graph.build()) });
  const weights = Object.fromEntries(fed);
  return {
    activate: async (rows, count) => {
      const outputs = await session.run({ ...weights, x: hostTensor("float32", [count, landmarks], rows) });
      return names.map((name) => {
        const tensor = outputs[name];
        if (tensor?.type !== "float32") throw new Error(`${name} came back as ${tensor?.type ?? "nothing"}`);
        return tensor.data;
      });
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
