import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../data/random.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { modelBytes } from "../../runtime/model-bytes.ts";
import { modelSkeleton } from "../../runtime/node/model-skeleton.ts";
import { openSession } from "../../runtime/node/open.ts";

const [inputs, hidden] = [600, 500];

/** Two layers of which the first has 1.2 MB of weights; `alsoRead`: its weights are an output of their own, too. */
function net({ alsoRead = false } = {}): Uint8Array {
  const random = new Random(1);
  const tensor = (dims: readonly number[]) => ({
    type: "float32" as const,
    dims,
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal()),
  });
  const graph = new GraphBuilder("net");
  const w = graph.initializer("w", tensor([inputs, hidden]));
  const y = graph.op("Tanh", [graph.op("MatMul", [graph.input("x", "float32", ["N", inputs]), w])]);
  graph.output("y", graph.op("MatMul", [y, graph.initializer("head", tensor([hidden, 3]))]));
  if (alsoRead) graph.output("sum", graph.op("Neg", [w]));
  return modelBytes(graph.build());
}

describe("the skeleton of a model", () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "landfall-skeleton-"));
    path = join(folder, "net.onnx");
    await writeFile(path, net());
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("has everything but the large weights", async () => {
    const skeleton = modelSkeleton(path);
    const whole = (await readFile(path)).length;
    expect(skeleton?.length).toBeGreaterThan(4 * hidden * 3);
    expect(skeleton?.length).toBeLessThan(whole - 4 * inputs * hidden + 200);
  });
  it.each([1, 2, 64])("opens to a session that gives the bits of the whole model, %i rows", async (rows) => {
    await using mapped = await openSession({ path }, { device: "cpu" });
    await using whole = await openSession({ bytes: net() }, { device: "cpu" });
    const random = new Random(2);
    const data = Float32Array.from({ length: rows * inputs }, () => random.normal());
    const x = { type: "float32", dims: [rows, inputs], data } as const;
    expect(await mapped.run({ x })).toEqual(await whole.run({ x }));
  });
  it("is not made where a weight is read by anything but a product, or is small, or the file is no whole model", async () => {
    const other = join(folder, "other.onnx");
    await writeFile(other, net({ alsoRead: true }));
    expect(modelSkeleton(other)).toBeUndefined();
    await writeFile(other, net());
    await truncate(other, 100_000);
    expect(modelSkeleton(other)).toBeUndefined();
    await writeFile(other, "not a model");
    expect(modelSkeleton(other)).toBeUndefined();
    expect(modelSkeleton(join(folder, "absent.onnx"))).toBeUndefined();
  });
});
