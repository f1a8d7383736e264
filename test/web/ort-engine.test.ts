import * as ort from "onnxruntime-web";
import { beforeAll, describe, expect, it } from "vitest";
import { serialSession } from "../../runtime/serial-session.ts";
import type { SessionHost } from "../../runtime/session.ts";
import { openOrtWebEngine } from "../../web/ort-engine.ts";
import { failure } from "../infer/support/batch-fixture.ts";
import { affine, affineFeeds, affineOutside, affineResult, f32, passing, weights } from "../runtime/graphs.ts";

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "fatal";
});

type External = readonly { readonly path: string; readonly data: Uint8Array<ArrayBuffer> }[];

async function open(bytes: Uint8Array, externalData: External = []): Promise<SessionHost> {
  const graph = { bytes: Uint8Array.from(bytes), externalData };
  return serialSession(
    await openOrtWebEngine(ort, { graph, provider: "wasm", tried: [{ provider: "wasm", ok: true }] }),
  );
}

describe("a session on onnxruntime-web", () => {
  it("tells provider, inputs and outputs with their symbolic dimensions", async () => {
    await using session = await open(affine());
    expect(session).toMatchObject({ provider: "wasm", tried: [{ provider: "wasm", ok: true }] });
    expect(session.inputs).toEqual([
      { name: "x", type: "float32", dims: ["N", 3] },
      { name: "shift", type: "float32", dims: ["N", 2] },
    ]);
  });

  it.each([1, 5])("computes %i rows as plain loops do, leaving the feeds as they were", async (rows) => {
    await using session = await open(affine());
    const feeds = affineFeeds(rows);
    const { y } = await session.run(feeds, { fetch: ["y"] });
    expect(y?.data).toEqual(affineResult(affineFeeds(rows)));
    expect(feeds).toEqual(affineFeeds(rows));
  });

  it("fills the tensors of `into`", async () => {
    await using session = await open(affine());
    const into = { y: f32([3, 2], new Float32Array(6)) };
    expect((await session.run(affineFeeds(3), { into }))["y"]).toBe(into.y);
    expect(into.y.data).toEqual(affineResult(affineFeeds(3)));
  });

  it("finds weights that lie outside the graph", async () => {
    const data = new Uint8Array(Uint8Array.from(new Uint8Array(weights.buffer)));
    await using session = await open(affineOutside("model.onnx.data"), [{ path: "model.onnx.data", data }]);
    const { y } = await session.run(affineFeeds(2));
    expect(y?.data).toEqual(affineResult(affineFeeds(2)));
  });

  it("knows every element type that sessions carry", async () => {
    await using session = await open(passing());
    expect(session.inputs.map(({ type }) => type)).toEqual(session.outputs.map(({ type }) => type));
  });

  it("says that bytes are no model", async () => {
    const error = await failure(open(new Uint8Array([1, 2, 3])));
    expect(error).toMatchObject({ tag: "bad-model", fault: { what: "ONNX Runtime cannot load the model" } });
  });
});
