import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Where ONNX Runtime looks for the library of its CUDA provider, which is not in the npm package. */
export function cudaLibrary(): string {
  const main = createRequire(import.meta.url).resolve("onnxruntime-node");
  const folder = join(dirname(main), "..", "bin", "napi-v6", process.platform, process.arch);
  return join(folder, "libonnxruntime_providers_cuda.so");
}

/** Whether that library is there, known without loading ONNX Runtime. */
export const hasCudaLibrary = (): boolean => existsSync(cudaLibrary());
