import type { Device } from "../runtime/session.ts";
import { AppError } from "../schemas/errors.ts";
import type { EngineName } from "./engine-name.ts";

/** What each backend of tfjs computes on. */
const devices: { readonly [E in Exclude<EngineName, "ort" | "tfjs">]: Device } = {
  "tfjs:node-gpu": "cuda",
  "tfjs:node": "cpu",
  "tfjs:webgpu": "webgpu",
  "tfjs:wasm": "cpu",
  "tfjs:cpu": "cpu",
};

/**
 * tfjs computes where its backend does, whatever device is wanted: one that it would not heed is refused.
 * @throws AppError `usage` for a device that is not the backend's, or any but `auto` where tfjs is to choose.
 */
export function requireOwnDevice(engine: EngineName, device: Device): void {
  if (engine === "ort" || device === "auto" || (engine !== "tfjs" && devices[engine] === device)) return;
  const fitting = Object.entries(devices).flatMap(([name, own]) => (own === device ? [name] : []));
  throw new AppError("usage", {
    what: engine === "tfjs" ? "tfjs chooses its device itself" : `${engine} computes on ${devices[engine]}`,
    where: "--device",
    expected: engine === "tfjs" ? "auto" : `auto or ${devices[engine]}`,
    got: device,
    advice: `Leave out --device, or train with --engine ${[...fitting, "ort"].join(" or ")}`,
  });
}
