import type { OpenSession } from "../runtime/session.ts";
import type { EngineName } from "./engine-name.ts";
import type { OpenEngine } from "./epochs/step-engine.ts";
import { ortEngine } from "./ort/ort-engine.ts";
import type { BackendChoice } from "./tfjs/open-backend.ts";

const backends: { readonly [E in Exclude<EngineName, "ort">]: BackendChoice } = {
  tfjs: {},
  "tfjs:node-gpu": { backend: "node-gpu" },
  "tfjs:node": { backend: "node" },
  "tfjs:webgpu": { backend: "webgpu" },
  "tfjs:wasm": { backend: "wasm" },
  "tfjs:cpu": { backend: "cpu" },
};

/** The engine of a name. @param open Where engine `ort` runs. */
export function engineOf(name: EngineName, open: OpenSession): OpenEngine {
  if (name === "ort") return ortEngine(open);
  return async (job) => {
    // tfjs is loaded where it is used.
    const { tfjsEngine } = await import("./tfjs/tfjs-engine.ts");
    return tfjsEngine(backends[name])(job);
  };
}
