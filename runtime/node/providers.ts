import { listSupportedBackends } from "onnxruntime-node";
import type { Device, Provider } from "../session.ts";
import { cudaLibrary, hasCudaLibrary } from "./cuda-library.ts";

/** Every provider a Node host can be asked for, in the order `landfall doctor` shows them. */
export const nodeProviders = ["cpu", "cuda", "webgpu", "dml", "coreml"] as const satisfies readonly Provider[];

/**
 * Providers that stand for a device, tried one at a time: a list given to ONNX Runtime throws when its first entry
 * cannot start, it does not fall back. `auto` leaves out `webgpu`, whose software adapters are slower than the CPU,
 * and `dml` and `coreml`, which compute some operators in float16.
 */
export const candidates: Readonly<Record<Device, readonly Provider[]>> = {
  auto: ["cuda", "cpu"],
  cpu: ["cpu"],
  cuda: ["cuda"],
  webgpu: ["webgpu"],
  dml: ["dml"],
  coreml: ["coreml"],
  wasm: ["wasm"],
};

/** Why a provider cannot start on this machine, known without asking the driver; undefined when it is worth a try. */
export function whyAbsent(provider: Provider): string | undefined {
  if (provider === "wasm") return "wasm runs in browsers only";
  if (!listSupportedBackends().some(({ name }) => name === provider))
    return `ONNX Runtime for ${process.platform} ${process.arch} has no ${provider} provider`;
  // Asked to load an absent library, ONNX Runtime writes to stderr past every log level: look first.
  if (provider === "cuda" && !hasCudaLibrary()) return `${cudaLibrary()} is not installed`;
  return undefined;
}

/** What a user can do to get a provider, in words. */
export const remedies: Readonly<Record<Provider, string>> = {
  cpu: "Reinstall onnxruntime-node",
  cuda:
    "The CUDA libraries are not in the npm package: run `node node_modules/onnxruntime-node/script/install` " +
    '(or set "allowScripts": { "onnxruntime-node": true } and reinstall) on Linux x64 with CUDA 12 and cuDNN 9',
  webgpu: "Install a Vulkan, Metal or Direct3D 12 driver (on Linux also libvulkan1)",
  dml: "DirectML needs Windows",
  coreml: "Core ML needs macOS on Apple silicon",
  wasm: "Use the web page",
};
