/**
 * The worker's surroundings. The library's glue and WebAssembly are files of their own (`?url`): bundled into this
 * script, the threads would start it instead of theirs and wait for ever.
 * @module
 */

import gpuGlue from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import gpuWasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import cpuGlue from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import cpuWasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { config } from "zod";
import type { ApiHost } from "./api.ts";
import { openMountedHdf5 } from "./mounted-hdf5.ts";
import { browserFacts } from "./providers.ts";

// zod compiles its checks by `new Function`, which a security policy forbids and reports.
config({ jitless: true });

const absolute = (url: string): string => new URL(url, globalThis.location.href).href;

/** A browser's worker. */
export const workerHost: ApiHost = {
  fetch: (...request) => globalThis.fetch(...request),
  facts: browserFacts,
  openHdf5: openMountedHdf5,
  async loadOrt(provider, threads) {
    const isGpu = provider === "webgpu";
    const ort = isGpu ? await import("onnxruntime-web/webgpu") : await import("onnxruntime-web/wasm");
    const [mjs, wasm] = isGpu ? [gpuGlue, gpuWasm] : [cpuGlue, cpuWasm];
    ort.env.wasm.wasmPaths = { mjs: absolute(mjs), wasm: absolute(wasm) };
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = "error";
    return ort;
  },
};
