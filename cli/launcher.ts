import { join } from "node:path";
import { packageRoot } from "../data/node/package-root.ts";

/** Path of the program, for commands that start it again: `node <launcher> infer …`. */
export const launcher = (): string => join(packageRoot(), "bin/landfall.js");
