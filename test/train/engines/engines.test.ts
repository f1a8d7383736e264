import { engineNames } from "../../../train/engine-name.ts";
import { engineContract } from "./contract.ts";

/** `tfjs` alone is one of the others. */
for (const name of engineNames) if (name !== "tfjs") await engineContract(name);
