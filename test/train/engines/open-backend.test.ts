import { createRequire } from "node:module";
import * as core from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { fitNet } from "../../../train/epochs/fit-net.ts";
import { type BackendChoice, openBackend } from "../../../train/tfjs/open-backend.ts";
import { tfjsEngine } from "../../../train/tfjs/tfjs-engine.ts";
import { hooks, job, outcome } from "../epochs/jobs.ts";
import { dawn, placeWith, tensorflow, webgpuKernels, withoutAddon } from "./fake-packages.ts";

const [node, gpu] = ["@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"];
const kernels = "@tensorflow/tfjs-backend-webgpu";

afterEach(() => {
  for (const name of ["tensorflow", "webgpu"]) if (core.findBackendFactory(name) !== null) core.removeBackend(name);
});

async function opened(choice: BackendChoice) {
  const backend = await openBackend(choice);
  const used = core.getBackend();
  backend.close();
  return { ...backend, used };
}

it("says of each backend that is not installed how to get it", async () => {
  const places = [await placeWith({})];
  await expect(openBackend({ backend: "node", places })).rejects.toMatchObject({
    tag: "unavailable",
    message: expect.stringMatching(
      /node here \(got @tensorflow\/tfjs-node is not installed\). npm install @tensorflow\/tfjs-node@4\.22\.0/,
    ),
  });
  await expect(openBackend({ backend: "node-gpu", places })).rejects.toMatchObject({
    tag: "unavailable",
    message: expect.stringMatching(/tfjs-node-gpu is not installed.*npm install @tensorflow\/tfjs-node-gpu@/),
  });
  await expect(openBackend({ backend: "webgpu", places })).rejects.toMatchObject({
    tag: "unavailable",
    message: expect.stringMatching(/webgpu is not installed.*npm install webgpu @tensorflow\/tfjs-backend-webgpu/),
  });
});

it("takes the fastest that works, and says what it passed over and why", async () => {
  const places = [await placeWith({ [node]: withoutAddon })];
  expect(await opened({ places })).toMatchObject({
    name: "wasm",
    device: "cpu",
    used: "wasm",
    passedOver: [
      "node-gpu: @tensorflow/tfjs-node-gpu is not installed",
      "node: @tensorflow/tfjs-node is installed but does not load: The Node.js native addon module (tfjs_binding.node) " +
        "can not be found at path: /x/tfjs_binding.node.",
      "webgpu: webgpu is not installed",
    ],
  });
});

describe("TensorFlow's package", () => {
  it("is looked for from each place in turn", async () => {
    const places = [await placeWith({}), await placeWith({ [node]: tensorflow() })];
    expect(await opened({ places })).toMatchObject({ name: "node", device: "cpu", used: "tensorflow" });
  });

  it("is used for CUDA only where it sees a GPU", async () => {
    const places = [await placeWith({ [gpu]: tensorflow({ isGpuPackage: true, usesGpu: true }) })];
    expect(await opened({ places })).toMatchObject({ name: "node-gpu", device: "cuda", passedOver: [] });
  });

  it("is not said to be on a GPU where it sees none: asked for by name it is refused, else it computes on the CPU", async () => {
    const places = [await placeWith({ [gpu]: tensorflow({ isGpuPackage: true }) })];
    await expect(openBackend({ backend: "node-gpu", places })).rejects.toMatchObject({
      tag: "unavailable",
      message: expect.stringMatching(/TensorFlow sees no GPU that it can use/),
    });
    expect(await opened({ places })).toMatchObject({
      name: "node",
      device: "cpu",
      passedOver: ["node-gpu: TensorFlow sees no GPU that it can use"],
    });
  });

  it("is not loaded a second time: two TensorFlow libraries do not fit into a process", async () => {
    const places = [await placeWith({ [node]: tensorflow(), [gpu]: `throw new Error("loaded too");` })];
    await opened({ backend: "node", places });
    await expect(openBackend({ backend: "node-gpu", places })).rejects.toMatchObject({
      message: expect.stringMatching(/tfjs-node has loaded TensorFlow for the CPU into this process/),
    });
  });

  it("is refused where it registers nothing", async () => {
    const places = [await placeWith({ [node]: "" })];
    await expect(openBackend({ backend: "node", places })).rejects.toMatchObject({
      tag: "unavailable",
      message: expect.stringMatching(/has not registered itself with our tfjs 4\.22\.0/),
    });
  });

  it("trains without what Node 23 has removed from util, to the bits of its kernels", async () => {
    const util: Record<string, unknown> = createRequire(import.meta.url)("node:util");
    const { isNullOrUndefined, isArray } = util;
    onTestFinished(() => void Object.assign(util, { isNullOrUndefined, isArray }));
    [util["isNullOrUndefined"], util["isArray"]] = [undefined, undefined];
    const places = [await placeWith({ [node]: tensorflow() })];
    const openEngine = tfjsEngine({ backend: "node", places });
    const trained = await fitNet(job({ epochs: 2 }), hooks(undefined, { openEngine }));
    expect(trained).toMatchObject({ engine: "tfjs:node", device: "cpu", notes: [] });
    const plain = hooks(undefined, { openEngine: tfjsEngine({ backend: "cpu" }) });
    expect(outcome(trained)).toEqual(outcome(await fitNet(job({ epochs: 2 }), plain)));
  });
});

describe("what a backend throws", () => {
  const trained = async (fake: object) => {
    const places = [await placeWith({ [node]: tensorflow(fake) })];
    return fitNet(job(), hooks(undefined, { openEngine: tfjsEngine({ backend: "node", places }) }));
  };

  it("is that an operator is missing, and who has it", () =>
    expect(trained({ lacks: "BatchMatMul" })).rejects.toMatchObject({
      tag: "bad-model",
      message: expect.stringMatching(/tfjs:node: the backend lacks an operator.*BatchMatMul.*--engine ort/),
    }));

  it("is that memory is short, and what takes less", () =>
    expect(trained({ failsAt: "BatchMatMul" })).rejects.toMatchObject({
      tag: "unavailable",
      message: expect.stringMatching(/tfjs:node: the net does not fit.*out of bounds.*fewer units/),
    }));
});

describe("WebGPU", () => {
  it("is refused without an adapter", async () => {
    const places = [await placeWith({ webgpu: dawn(), [kernels]: webgpuKernels() })];
    await expect(openBackend({ backend: "webgpu", places })).rejects.toMatchObject({
      tag: "unavailable",
      message: expect.stringMatching(/finds no adapter.*driver/),
    });
    expect(Reflect.get(Reflect.get(globalThis, "navigator") ?? {}, "gpu")).toBeUndefined();
  });

  it("names its adapter, and gives it back", async () => {
    const adapter = { description: "Some GPU", isFallbackAdapter: false };
    const places = [await placeWith({ webgpu: dawn(adapter), [kernels]: webgpuKernels() })];
    for (const _again of [1, 2]) {
      expect(await opened({ places })).toMatchObject({ name: "webgpu", device: "Some GPU", used: "webgpu" });
      expect(Reflect.get(Reflect.get(globalThis, "navigator"), "gpu")).toBeUndefined();
    }
  });

  it("in software is used only when asked for by name", async () => {
    const adapter = { description: "SwiftShader driver 5.0.0", isFallbackAdapter: true };
    const places = [await placeWith({ webgpu: dawn(adapter), [kernels]: webgpuKernels() })];
    expect(await opened({ backend: "webgpu", places })).toMatchObject({ device: adapter.description });
    const { name, passedOver } = await opened({ places });
    expect(name).toBe("wasm");
    expect(passedOver.at(-1)).toBe("webgpu: its only adapter is in software: SwiftShader driver 5.0.0");
  });

  it("is refused where tfjs cannot initialise it, which tfjs does not say by an error", async () => {
    const adapter = { description: "Some GPU", isFallbackAdapter: false };
    const places = [await placeWith({ webgpu: dawn(adapter), [kernels]: webgpuKernels(false) })];
    await expect(openBackend({ backend: "webgpu", places })).rejects.toMatchObject({
      tag: "unavailable",
      message: expect.stringMatching(/tfjs could not initialise it/),
    });
  });
});
