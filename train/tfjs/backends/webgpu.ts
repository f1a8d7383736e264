/**
 * WebGPU by Dawn: npm's `webgpu` gives Node what a browser has as `navigator.gpu`, `@tensorflow/tfjs-backend-webgpu`
 * computes on it.
 * @module
 */
import * as core from "@tensorflow/tfjs-core";
import { z } from "zod";
import type { LoadBackend } from "./backend.ts";
import { loadOptional, noBackend, type OptionalPackage } from "./optional-package.ts";

const advice = "npm install webgpu @tensorflow/tfjs-backend-webgpu@4.22.0, and a Vulkan, Metal or Direct3D 12 driver";
const dawn: OptionalPackage = { name: "webgpu", backend: "webgpu", advice };
const kernels: OptionalPackage = { name: "@tensorflow/tfjs-backend-webgpu", backend: "webgpu", advice };

/** What is read of an adapter. */
const Adapter = z.object({
  info: z.object({ description: z.string(), device: z.string(), isFallbackAdapter: z.boolean().optional() }),
});

interface Gpu {
  readonly requestAdapter: () => Promise<unknown>;
}

/** Dawn's entry: the interfaces' constants, and a maker of `navigator.gpu`. */
interface Dawn {
  readonly create: (flags: readonly string[]) => Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

const isDawn = (module: unknown): module is Dawn =>
  typeof module === "object" && module !== null && "create" in module && "globals" in module;

/** Makes `navigator.gpu` where there is none; returns it, and what removes it. */
async function navigatorGpu(places: readonly string[]): Promise<{ readonly gpu: Gpu; readonly remove: () => void }> {
  const before: { readonly gpu?: Gpu } | undefined = Reflect.get(globalThis, "navigator");
  if (before?.gpu !== undefined) return { gpu: before.gpu, remove: () => undefined };
  const module = await loadOptional(dawn, places);
  if (!isDawn(module)) throw noBackend(dawn, "another package is named webgpu");
  // tfjs reads the interfaces' constants from the global object.
  Object.assign(globalThis, module.globals);
  // Node 20 has no navigator.
  if (before === undefined)
    Object.defineProperty(globalThis, "navigator", { value: { userAgent: "node" }, configurable: true });
  const navigator: object = Reflect.get(globalThis, "navigator");
  const gpu = module.create([]);
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  // While it is held, Dawn keeps the thread from ending.
  return { gpu, remove: () => void Reflect.deleteProperty(navigator, "gpu") };
}

/** The name of the adapter that tfjs will use; one in software only where WebGPU was asked for. */
async function requireAdapter(gpu: Gpu, isNamed: boolean): Promise<string> {
  const adapter = Adapter.safeParse(await gpu.requestAdapter());
  if (!adapter.success) throw noBackend(dawn, "WebGPU finds no adapter: is there a graphics driver?");
  const { description, device, isFallbackAdapter = false } = adapter.data.info;
  const name = description || device || "webgpu";
  if (isFallbackAdapter && !isNamed) throw noBackend(dawn, `its only adapter is in software: ${name}`);
  return name;
}

/** Frees tfjs' device before what it came from, and leaves tfjs able to make another. */
function close(remove: () => void): void {
  const factory = core.findBackendFactory("webgpu");
  core.removeBackend("webgpu");
  core.registerBackend("webgpu", factory);
  remove();
}

/** tfjs on a graphics card by WebGPU. */
export const webgpu: LoadBackend = async ({ places, isNamed }) => {
  const { gpu, remove } = await navigatorGpu(places);
  try {
    const device = await requireAdapter(gpu, isNamed);
    await loadOptional(kernels, places);
    return { name: "webgpu", registered: "webgpu", device, close: () => close(remove) };
  } catch (error) {
    remove();
    throw error;
  }
};
