/**
 * TensorFlow itself by its native addon: `@tensorflow/tfjs-node-gpu` and `@tensorflow/tfjs-node`. A process can hold one
 * TensorFlow library; the package that comes first stays.
 * @module
 */
import * as core from "@tensorflow/tfjs-core";
import type { Backend, LoadBackend } from "./backend.ts";
import { loadOptional, noBackend, type OptionalPackage } from "./optional-package.ts";
import { restoreUtil } from "./restored-util.ts";

/** The name under which both packages register. */
const registered = "tensorflow";

const packageOf = (backend: "node" | "node-gpu"): OptionalPackage => ({
  name: `@tensorflow/tfjs-${backend}`,
  backend,
  advice:
    `npm install @tensorflow/tfjs-${backend}@4.22.0, with its install script, which downloads TensorFlow ` +
    `(docs/engines.md says what to do where it cannot${backend === "node-gpu" ? ", and which GPUs it knows" : ""})`,
});

/** A property that both packages' backends have. */
const says = (property: "isUsingGpuDevice" | "isGPUPackage"): boolean =>
  Reflect.get(core.findBackend(registered), property) === true;

async function load(wanted: OptionalPackage, places: readonly string[]): Promise<Backend> {
  restoreUtil();
  if (core.findBackend(registered) === null) await loadOptional(wanted, places);
  if (core.findBackend(registered) === null)
    throw noBackend(wanted, `${wanted.name} has not registered itself with our tfjs ${core.version_core}`);
  return {
    name: wanted.backend,
    registered,
    device: says("isUsingGpuDevice") ? "cuda" : "cpu",
    close: () => undefined,
  };
}

/** TensorFlow on the CPU, by either package. */
export const node: LoadBackend = ({ places }) => load(packageOf("node"), places);

/** TensorFlow on CUDA: without a GPU that it can use the package computes on the CPU, which is not what was asked for. */
export const nodeGpu: LoadBackend = async ({ places }) => {
  const wanted = packageOf("node-gpu");
  const backend = await load(wanted, places);
  if (backend.device === "cuda") return backend;
  const got = says("isGPUPackage")
    ? "TensorFlow sees no GPU that it can use"
    : "@tensorflow/tfjs-node has loaded TensorFlow for the CPU into this process";
  throw noBackend(wanted, got);
};
