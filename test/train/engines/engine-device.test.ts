import { expect, it } from "vitest";
import type { Device } from "../../../runtime/session.ts";
import { requireOwnDevice } from "../../../train/engine-device.ts";
import { type EngineName, engineNames } from "../../../train/engine-name.ts";

const devices: readonly Device[] = ["auto", "cpu", "cuda", "webgpu", "dml", "coreml"];

/** Devices that may be named beside an engine. */
const taken = (engine: EngineName): Device[] =>
  devices.filter((device) => {
    try {
      requireOwnDevice(engine, device);
      return true;
    } catch {
      return false;
    }
  });

it("beside engine ort any device may be named, beside a backend of tfjs its own, beside tfjs none", () => {
  expect(Object.fromEntries(engineNames.map((engine) => [engine, taken(engine)]))).toEqual({
    ort: devices,
    tfjs: ["auto"],
    "tfjs:node-gpu": ["auto", "cuda"],
    "tfjs:node": ["auto", "cpu"],
    "tfjs:webgpu": ["auto", "webgpu"],
    "tfjs:wasm": ["auto", "cpu"],
    "tfjs:cpu": ["auto", "cpu"],
  });
});

it("a contradiction is a usage error that says which engines compute there", () => {
  expect(() => requireOwnDevice("tfjs:cpu", "webgpu")).toThrow(
    "--device: tfjs:cpu computes on cpu (expected auto or cpu, got webgpu). " +
      "Leave out --device, or train with --engine tfjs:webgpu or ort",
  );
  expect(() => requireOwnDevice("tfjs", "cpu")).toThrow(
    "--device: tfjs chooses its device itself (expected auto, got cpu). " +
      "Leave out --device, or train with --engine tfjs:node or tfjs:wasm or tfjs:cpu or ort",
  );
});
