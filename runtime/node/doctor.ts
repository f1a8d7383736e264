import { createRequire } from "node:module";
import { availableParallelism, totalmem } from "node:os";
import { env } from "onnxruntime-node";
import { codeVersion } from "../../schemas/version.ts";
import type { Provider, ProviderTrial } from "../session.ts";
import { probeProvider } from "./probe.ts";
import { candidates, nodeProviders, remedies } from "./providers.ts";

/** One provider that was tried, and what would make it work. */
export interface ProviderDiagnosis extends ProviderTrial {
  readonly advice?: string;
}

/** What this machine can run. */
export interface Diagnosis {
  readonly landfall: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** `linux x64` */
  readonly platform: string;
  readonly cores: number;
  /** What this process may use: the machine's, or the container's where that is less. */
  readonly memoryBytes: number;
  readonly providers: readonly ProviderDiagnosis[];
  /** What the device `auto` comes to; absent when nothing works. */
  readonly auto?: Provider;
  /** `@tensorflow/tfjs-node-gpu`, the optional training engine. */
  readonly tfjsNodeGpu: { readonly installed: boolean; readonly version?: string; readonly advice?: string };
}

/** Tries every provider by running a small graph on it, and looks at what is installed. Never throws for a lack. */
export async function diagnose(): Promise<Diagnosis> {
  const providers: ProviderDiagnosis[] = [];
  for (const provider of nodeProviders) {
    const trial = await probeProvider(provider);
    providers.push(trial.ok ? trial : { ...trial, advice: remedies[provider] });
  }
  const auto = candidates.auto.find((provider) => providers.some((trial) => trial.provider === provider && trial.ok));
  return {
    landfall: codeVersion,
    node: process.versions.node,
    onnxruntime: env.versions.node ?? env.versions.common,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryBytes: usableMemory(),
    providers,
    ...(auto !== undefined && { auto }),
    tfjsNodeGpu: tfjsNodeGpu(),
  };
}

function usableMemory(): number {
  const limit = process.constrainedMemory();
  // Node gives 0, or a number past any machine's memory, where no container sets a limit.
  return limit !== undefined && limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function tfjsNodeGpu(): Diagnosis["tfjsNodeGpu"] {
  const require = createRequire(import.meta.url);
  const name = "@tensorflow/tfjs-node-gpu";
  try {
    const { version } = require(`${name}/package.json`) as { version: string };
    const major = Number(process.versions.node.split(".")[0]);
    // Its last release calls util.isNullOrUndefined, which Node 23 removed (tfjs pull request 8425, never released).
    return major < 23
      ? { installed: true, version }
      : { installed: true, version, advice: `It does not run on Node ${major}: use Node 22 or older` };
  } catch {
    return {
      installed: false,
      advice: `npm install ${name}@4.22.0 (CUDA 11.2, cuDNN 8.1, Node 22 or older); the default engine does without it`,
    };
  }
}
