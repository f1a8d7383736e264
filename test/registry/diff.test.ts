import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Graph, Tensor } from "../../onnx/graph.ts";
import { halfBits } from "../../onnx/half.ts";
import { diffWeights } from "../../registry/diff/weights.ts";
import { diffVersions } from "../../registry/diff.ts";
import { type Small, writeGenericVersion, writeSmallVersion } from "./small-version.ts";
import { type TemporaryRepository, temporaryRepository } from "./temporary-repository.ts";

let repository: TemporaryRepository;
beforeEach(async () => {
  repository = await temporaryRepository();
});
afterEach(() => repository[Symbol.asyncDispose]());

async function diff(before: Small, after: Small) {
  const [a, b] = [join(repository.folder, "a"), join(repository.folder, "b")];
  await writeSmallVersion(a, before);
  await writeSmallVersion(b, after);
  return diffVersions(a, b);
}

describe("the difference of two versions", () => {
  it("of the same content is none", async () => {
    expect(await diff({}, {})).toEqual({
      sameContent: true,
      signature: [],
      facts: [],
      scores: [
        { split: "train", before: expect.anything(), after: expect.anything() },
        { split: "test", before: expect.anything(), after: expect.anything() },
      ],
      weights: { equal: 3, changed: [], reshaped: [], onlyBefore: [], onlyAfter: [] },
      transform: {
        settings: [],
        moments: { "landmarks.mean": 0, "landmarks.sd": 0, "targets.mean": 0, "targets.sd": 0 },
        equal: true,
      },
      landmarks: { before: 3, after: 3, added: [], removed: [], reordered: false, renamed: [] },
      targets: { before: 2, after: 2, added: [], removed: [], reordered: false, renamed: [] },
    });
  });
  it("tells which weights differ, in how many elements and by how much", async () => {
    const { sameContent, weights, signature } = await diff({ weight: 1 }, { weight: 1.5, external: true });
    expect(sameContent).toBe(false);
    expect(signature).toEqual([]);
    expect(weights).toEqual({
      equal: 2,
      changed: [{ name: "head/kernel", dims: [3, 2], different: 1, maxAbs: 0.5 }],
      reshaped: [],
      onlyBefore: [],
      onlyAfter: [],
    });
  });
  it("tells other genes, shapes, transforms, scales and facts", async () => {
    const plain = await writeSmallVersion(join(repository.folder, "plain"), { targets: 3 });
    const { clip: _clip, landmarks, ...unclipped } = plain.transform;
    const transform = { ...unclipped, landmarks: { ...landmarks, mean: [7, 7, 7.25] } };
    const after: Small = { targets: 3, manifest: { scale: "zscore", licence: "MIT", transform } };
    const found = await diff({}, after);
    expect(found.signature).toEqual([
      "output 1: targets float32 [N, 2] → targets float32 [N, 3]",
      "scale: log2 → zscore",
    ]);
    expect(found.facts).toEqual(["parameters: 8 → 12", "licence: none → MIT"]);
    expect(found.targets).toMatchObject({ before: 2, after: 3, added: ["t2"], removed: [], reordered: false });
    expect(found.transform).toEqual({
      settings: ["clip: 8 → none"],
      moments: { "landmarks.mean": 0.25, "landmarks.sd": 0, "targets.mean": null, "targets.sd": null },
      equal: false,
    });
    expect(found.weights.reshaped).toEqual([
      "head/kernel: float32 [3, 2] → float32 [3, 3]",
      "head/bias: float32 [2] → float32 [3]",
    ]);
  });
  it("of a model with genes and a bare net has no genes and no transform", async () => {
    const [a, b] = [join(repository.folder, "a"), join(repository.folder, "b")];
    await writeSmallVersion(a);
    await writeGenericVersion(b);
    const found = await diffVersions(a, b);
    expect(found.signature).toContain("task: expression → generic");
    expect(found).not.toHaveProperty("landmarks");
    expect(found.scores).toMatchObject([{ split: "train" }, { split: "test" }]);
  });
});

it("compares weights of every kind: halves as numbers, NaN as equal to NaN, infinities without a distance", () => {
  const graph = (tensors: Record<string, Tensor>): Graph => ({
    name: "g",
    inputs: [],
    outputs: [],
    nodes: [],
    initializers: new Map(Object.entries(tensors)),
  });
  const halves = (...values: number[]): Tensor => ({
    type: "float16",
    dims: [2],
    data: Uint16Array.from(values, halfBits),
  });
  const floats = (...values: number[]): Tensor => ({ type: "float32", dims: [3], data: Float32Array.from(values) });
  const longs = (...values: bigint[]): Tensor => ({ type: "int64", dims: [1], data: BigInt64Array.from(values) });
  const before = graph({ h: halves(1, 2), f: floats(Number.NaN, 1, 3), l: longs(4n), gone: longs(1n) });
  const after = graph({ h: halves(1, 2.5), f: floats(Number.NaN, Infinity, 4), l: longs(-3n), fresh: longs(1n) });
  expect(diffWeights(before, after)).toEqual({
    equal: 0,
    changed: [
      { name: "l", dims: [1], different: 1, maxAbs: 7 },
      { name: "f", dims: [3], different: 2, maxAbs: 1 },
      { name: "h", dims: [2], different: 1, maxAbs: 0.5 },
    ],
    reshaped: [],
    onlyBefore: ["gone"],
    onlyAfter: ["fresh"],
  });
});
