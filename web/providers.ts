/**
 * Where a browser can run a graph. A provider that cannot start is said to be so; there is no falling back behind the
 * user's back.
 * @module
 */
import type { ProviderTrial } from "../runtime/session.ts";
import { AppError } from "../schemas/index.ts";
import type { WebProvider } from "./ort-engine.ts";

/** What a user asks for: `auto` is the CPU, which every browser has and which is exact to the last bit between blocks. */
export type WebDevice = "auto" | WebProvider;

/** What a browser has. */
export interface BrowserFacts {
  readonly cores: number;
  /** Threads share memory only where the page is isolated from other origins. */
  readonly isIsolated: boolean;
  readonly gpu: GpuAnswer;
}

/** Whether WebGPU works here; the reason is a phrase for people. */
export type GpuAnswer =
  | { readonly ok: true; readonly adapter: string }
  | { readonly ok: false; readonly reason: string };

/** What we use of `navigator.gpu` (WebGPU, W3C): TypeScript's DOM types do not have it yet. */
interface Gpu {
  requestAdapter(): Promise<{
    readonly info?: Readonly<Record<"vendor" | "architecture" | "description", string>>;
  } | null>;
}

/** More threads than this gain nothing: gene nets are limited by memory. */
const mostThreads = 4;

/** Asks this browser what it has; works in a page and in a worker. */
export async function browserFacts(): Promise<BrowserFacts> {
  const { hardwareConcurrency } = globalThis.navigator;
  const gpu = await gpuAnswer((globalThis.navigator as { readonly gpu?: Gpu }).gpu);
  return { cores: hardwareConcurrency, isIsolated: globalThis.crossOriginIsolated, gpu };
}

async function gpuAnswer(gpu: Gpu | undefined): Promise<GpuAnswer> {
  if (gpu === undefined) {
    const reason = globalThis.isSecureContext ? "this browser has no WebGPU" : "WebGPU needs https or localhost";
    return { ok: false, reason };
  }
  try {
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return { ok: false, reason: "the browser offers no graphics adapter" };
    const { vendor = "", architecture = "", description = "" } = adapter.info ?? {};
    const names = [vendor, architecture, description].filter((name) => name !== "");
    return { ok: true, adapter: names.join(" ") || "unnamed adapter" };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Threads of the CPU provider. */
export function wasmThreads({ cores, isIsolated }: Pick<BrowserFacts, "cores" | "isIsolated">): number {
  return isIsolated ? Math.max(1, Math.min(mostThreads, cores)) : 1;
}

/**
 * The provider that a device stands for here.
 * @throws AppError `unavailable` with the reason
 */
export function chooseProvider(
  device: WebDevice,
  { gpu }: Pick<BrowserFacts, "gpu">,
): { readonly provider: WebProvider; readonly tried: readonly ProviderTrial[] } {
  if (device !== "webgpu") return { provider: "wasm", tried: [{ provider: "wasm", ok: true }] };
  if (gpu.ok) return { provider: "webgpu", tried: [{ provider: "webgpu", ok: true }] };
  throw new AppError("unavailable", {
    what: "WebGPU is not available",
    got: gpu.reason,
    advice: "Choose the CPU, or a browser with WebGPU",
  });
}
