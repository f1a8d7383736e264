/** Packages that are not installed here, as folders of a temporary `node_modules`. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const { resolve } = createRequire(import.meta.url);
const ours = (name: string): string => JSON.stringify(resolve(name));

/** A folder with the packages given, each its one CommonJS file by name. */
export async function placeWith(packages: Readonly<Record<string, string>>): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), "landfall-packages-"));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  for (const [name, code] of Object.entries(packages)) {
    const folder = join(place, "node_modules", name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), JSON.stringify({ name, version: "4.22.0", main: "index.js" }));
    await writeFile(join(folder, "index.js"), code);
  }
  return place;
}

/**
 * What `@tensorflow/tfjs-node` does when it is loaded, with tfjs' JavaScript backend in place of its addon: it registers
 * `tensorflow`, and calls what Node 23 has removed. It may lack a kernel, or fail at one as where memory is short.
 */
export const tensorflow = ({ isGpuPackage = false, usesGpu = false, lacks = "", failsAt = "" } = {}): string => `
const core = require(${ours("@tensorflow/tfjs-core")});
const { MathBackendCPU } = require(${ours("@tensorflow/tfjs-backend-cpu")});
const util = require("util");
class Backend extends MathBackendCPU {
  isGPUPackage = ${isGpuPackage};
  isUsingGpuDevice = ${usesGpu};
  write(values, shape, dtype) {
    if (util.isNullOrUndefined(shape) || !util.isArray(shape)) throw new Error("no shape");
    return super.write(values, shape, dtype);
  }
}
core.registerBackend("tensorflow", () => new Backend(), 3);
for (const kernel of core.getKernelsForBackend("cpu")) {
  if (core.getKernel(kernel.kernelName, "tensorflow")) core.unregisterKernel(kernel.kernelName, "tensorflow");
  if (kernel.kernelName === ${JSON.stringify(lacks)}) continue;
  const fails = kernel.kernelName === ${JSON.stringify(failsAt)};
  const kernelFunc = fails ? () => { throw new Error("memory access out of bounds"); } : kernel.kernelFunc;
  core.registerKernel({ ...kernel, kernelFunc, backendName: "tensorflow" });
}
`;

/** The package whose addon's download was skipped or failed. */
export const withoutAddon = `throw new Error(
  "The Node.js native addon module (tfjs_binding.node) can not be found at path: /x/tfjs_binding.node. \\nPlease run…");`;

/** Dawn with one adapter, or none. */
export const dawn = (adapter?: { readonly description: string; readonly isFallbackAdapter: boolean }): string => `
const info = ${JSON.stringify(adapter === undefined ? null : { device: "", ...adapter })};
exports.create = () => ({ requestAdapter: async () => (info === null ? null : { info }) });
exports.globals = {};
`;

/** tfjs' WebGPU backend, with the JavaScript one in place of its kernels. */
export const webgpuKernels = (initialises = true): string => `
const core = require(${ours("@tensorflow/tfjs-core")});
const { MathBackendCPU } = require(${ours("@tensorflow/tfjs-backend-cpu")});
core.registerBackend("webgpu", async () => {
  if (!${initialises}) throw new Error("device lost");
  return new MathBackendCPU();
}, 3);
`;
