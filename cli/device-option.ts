import { Option } from "commander";
import type { Device } from "../runtime/session.ts";

const devices: readonly Device[] = ["auto", "cpu", "cuda", "webgpu", "dml", "coreml"];

/** `--device` of the commands that compute. */
export const deviceOption = (): Option =>
  new Option("--device <device>", "where to compute: auto takes CUDA where there is one")
    .choices(devices)
    .default("auto");
