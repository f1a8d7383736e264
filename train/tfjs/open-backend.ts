import * as core from "@tensorflow/tfjs-core";
import { AppError, isAppError } from "../../schemas/errors.ts";
import { type Backend, type BackendName, backendNames, type LoadBackend } from "./backends/backend.ts";
import { noBackend } from "./backends/optional-package.ts";

/** Each backend's module is loaded when it is tried: registering one is an effect of its import. */
const loaders: { readonly [B in BackendName]: () => Promise<LoadBackend> } = {
  "node-gpu": async () => (await import("./backends/tensorflow.ts")).nodeGpu,
  node: async () => (await import("./backends/tensorflow.ts")).node,
  webgpu: async () => (await import("./backends/webgpu.ts")).webgpu,
  wasm: async () => (await import("./backends/wasm.ts")).wasm,
  cpu: async () => (await import("./backends/cpu.ts")).cpu,
};

/** A backend in use, with those tried before it and why they were not taken. */
export interface ChosenBackend extends Backend {
  readonly passedOver: readonly string[];
}

export interface BackendChoice {
  /** Absent: the fastest that works. */
  readonly backend?: BackendName;
  /** Folders from which optional packages are looked for: the user's, then ours. */
  readonly places?: readonly string[];
}

/** Has tfjs compute on a backend that is ready. */
async function use(backend: Backend): Promise<void> {
  // It answers false and stays with another backend where one cannot be initialised.
  if (await core.setBackend(backend.registered)) return;
  backend.close();
  throw noBackend({ backend: backend.name, advice: "Choose another --engine" }, "tfjs could not initialise it");
}

async function open(name: BackendName, request: Parameters<LoadBackend>[0]): Promise<Backend> {
  const load = await loaders[name]();
  const backend = await load(request);
  await use(backend);
  return backend;
}

/**
 * Makes tfjs compute on the backend wanted, or on the fastest that works, in this thread.
 * @throws AppError `unavailable` when the backend wanted cannot be had, or none: it lists every one tried, why it failed
 * and how to get it.
 */
export async function openBackend({
  backend,
  places = [process.cwd(), import.meta.dirname],
}: BackendChoice = {}): Promise<ChosenBackend> {
  // Of tfjs' advice to install another backend, and of checks for development.
  core.enableProdMode();
  if (backend !== undefined) return { ...(await open(backend, { places, isNamed: true })), passedOver: [] };
  const passedOver: string[] = [];
  for (const name of backendNames)
    try {
      return { ...(await open(name, { places, isNamed: false })), passedOver };
    } catch (error) {
      if (!isAppError(error, "unavailable")) throw error;
      passedOver.push(`${name}: ${error.fault.got ?? error.fault.what}`);
    }
  throw new AppError("unavailable", {
    what: "tfjs has no backend that works here",
    examples: passedOver,
    advice: "Train with --engine ort",
  });
}
