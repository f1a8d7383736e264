import { Option } from "commander";
import { engineNames } from "../train/engine-name.ts";

/** `--engine` of the commands that train. */
export const engineOption = (): Option =>
  new Option("--engine <engine>", "what trains nets: tfjs takes the fastest of its backends (docs/engines.md)")
    .choices(engineNames)
    .default("ort");
