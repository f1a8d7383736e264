import { Tensor } from "onnxruntime-node";
import { GraphBuilder } from "../../onnx/builder.ts";
import { modelBytes } from "../model-bytes.ts";
import type { Provider, ProviderTrial } from "../session.ts";
import { ortReason } from "./ort-errors.ts";
import { createOrtSession } from "./ort-session.ts";
import { whyAbsent } from "./providers.ts";

/** Tries a provider by running y = relu(x · w), in integers that every precision represents, and comparing. */
export async function probeProvider(provider: Provider): Promise<ProviderTrial> {
  const absent = whyAbsent(provider);
  if (absent !== undefined) return { provider, ok: false, reason: absent };
  try {
    const y = await runProbe(provider);
    const ok = y.length === expected.length && expected.every((value, i) => y[i] === value);
    return ok
      ? { provider, ok }
      : { provider, ok, reason: `it computes [${y.join(", ")}], not [${expected.join(", ")}]` };
  } catch (error) {
    return { provider, ok: false, reason: ortReason(error) };
  }
}

const expected = [7, 0, 15, 0];

async function runProbe(provider: Provider): Promise<Float32Array> {
  const session = await createOrtSession({ bytes: probeModel() }, { provider, threads: 1 });
  try {
    const x = new Tensor("float32", new Float32Array([1, 2, 3, 4]), [2, 2]);
    const { y } = await session.run({ x });
    if (!(y?.data instanceof Float32Array)) throw new Error("it returns no float32 tensor");
    return y.data;
  } finally {
    await session.release();
  }
}

function probeModel(): Uint8Array {
  const graph = new GraphBuilder("probe");
  graph.input("x", "float32", ["N", 2]);
  graph.initializer("w", { type: "float32", dims: [2, 2], data: new Float32Array([1, -1, 3, -2]) });
  graph.output("y", graph.op("Relu", [graph.op("MatMul", ["x", "w"])]));
  return modelBytes(graph.build());
}
