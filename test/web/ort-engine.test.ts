import * as ort from "onnxruntime-web";
import { beforeAll, describe, expect, it } from "vitest";
import { serialSession } from "../../runtime/serial-session.ts";
import type { SessionHost } from "../../runtime/session.ts";
import { type OrtWeb, openOrtWebEngine } from "../../web/ort-engine.ts";
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

/** The library, with sessions whose runs fail with a message as the real one gave it. */
const refusing = (message: string): OrtWeb => {
  const session = { inputMetadata: [], outputMetadata: [], run: () => Promise.reject(new Error(message)) };
  return { ...ort, InferenceSession: { create: async () => session } } as unknown as OrtWeb;
};

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

  it("names the operator that WebGPU refuses, and where the model runs instead", async () => {
    const got =
      "failed to call OrtRun(). ERROR_CODE: 2, ERROR_MESSAGE: Non-zero status code returned while running ConvTranspose " +
      "node. Name:'layer/ConvTranspose_token_1' Status Message: Only Conv2d or Conv1d are supported.";
    const failing = (provider: "wasm" | "webgpu") =>
      openOrtWebEngine(refusing(got), { graph: { bytes: new Uint8Array(), externalData: [] }, provider, tried: [] });
    const run = { feeds: {}, wanted: ["y"], into: {} };
    const error = await failure((await failing("webgpu")).run(run));
    expect(error).toMatchObject({
      tag: "unavailable",
      fault: { what: expect.stringContaining("ConvTranspose"), where: "layer/ConvTranspose_token_1" },
    });
    expect(error.message).toMatch(/Only Conv2d or Conv1d are supported.*Choose the CPU/);
    expect((await failure((await failing("wasm")).run(run))).tag).toBe("internal");
  });

  it("says that bytes are no model", async () => {
    const error = await failure(open(new Uint8Array([1, 2, 3])));
    expect(error).toMatchObject({ tag: "bad-model", fault: { what: "ONNX Runtime cannot load the model" } });
  });
});
