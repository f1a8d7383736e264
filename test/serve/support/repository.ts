import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { contentHash } from "../../../data/node/content-hash.ts";
import { describeFiles, writeModelFiles } from "../../../export/model-files.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { setAlias } from "../../../registry/aliases.ts";
import { publishVersion } from "../../../registry/publish.ts";
import { GenericManifest, type TensorSignature } from "../../../schemas/index.ts";
import { makeSmallModel, type SmallModel } from "../../infer/support/small-model.ts";

const at = new Date("2026-01-01T00:00:00Z");

/** A folder that is gone when the file's tests are done. */
export async function fileFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "landfall-serve-"));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A repository with `small:1` (of which everything is known) and `small:2` (other weights); `production` is 1. */
export async function smallRepository(): Promise<{ readonly models: string; readonly small: SmallModel }> {
  const folder = await fileFolder();
  const models = join(folder, "models");
  const publish = async (from: string): Promise<void> => {
    await publishVersion({ from, models, name: "small", who: "test", at });
  };
  const small = await makeSmallModel(join(folder, "first"), 21);
  await publish(small.dir);
  await publish((await makeSmallModel(join(folder, "second"), 22)).dir);
  await setAlias({ models, name: "small", alias: "production", version: 1, who: "test", at });
  return { models, small };
}

/** Publishes a graph as a model of tensors. */
export async function publishGraph(
  models: string,
  { name, graph }: { readonly name: string; readonly graph: Graph },
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "landfall-graph-"));
  try {
    await mkdir(dir, { recursive: true });
    const files = await describeFiles(dir, await writeModelFiles(dir, graph), { identity: true });
    const border = (values: Graph["inputs"]): TensorSignature[] =>
      values.map(({ name: tensor, type, dims }) => ({ name: tensor, type, dims: [...dims] }) as TensorSignature);
    const manifest = GenericManifest.parse({
      schemaVersion: 1,
      task: "generic",
      contentHash: contentHash(files),
      createdAt: at.toISOString(),
      codeVersion: "0.1.0",
      inputs: border(graph.inputs),
      outputs: border(graph.outputs),
      opset: 17,
      parameters: 0,
      parity: [],
      files,
      origin: "imported",
    });
    await writeFile(join(dir, "manifest.json"), JSON.stringify(manifest));
    await publishVersion({ from: dir, models, name, who: "test", at });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** y = tanh(… tanh(x·w)·w …): as long a run as its depth says, `[N, 256]` → `[N, 256]`. */
export function deepGraph(depth: number): Graph {
  const width = 256;
  const graph = new GraphBuilder("deep");
  graph.input("x", "float32", ["N", width]);
  const data = Float32Array.from({ length: width * width }, (_, i) => ((i * 7919) % 101) / 1000 - 0.05);
  graph.initializer("w", { type: "float32", dims: [width, width], data });
  let value = "x";
  for (let layer = 0; layer < depth; layer++) value = graph.op("Tanh", [graph.op("MatMul", [value, "w"])]);
  graph.output("y", value);
  return graph.build();
}

/** One tensor of every type, passed through. */
export function echoGraph(): Graph {
  const graph = new GraphBuilder("echo");
  for (const type of ["float32", "float64", "int32", "int64", "uint8", "uint32", "bool"] as const) {
    graph.input(`in_${type}`, type, ["N", 2]);
    graph.output(`out_${type}`, graph.op("Identity", [`in_${type}`]));
  }
  return graph.build();
}
