import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import type { Backend } from "./backend.ts";
import { transposeBeforeProducts } from "./transposing-matmul.ts";

/** tfjs' WebAssembly backend on one thread (it has no others in Node), its products of transposed matrices repaired. */
export async function wasm(): Promise<Backend> {
  // The kernels of a product can be replaced only when the backend is ready.
  await core.setBackend("wasm");
  return { name: "wasm", registered: "wasm", device: "cpu", close: transposeBeforeProducts("wasm") };
}
