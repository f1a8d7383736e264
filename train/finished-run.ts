import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Recipe, TrainingRun } from "../schemas/index.ts";
import type { EngineName } from "./engine-name.ts";

/** What is asked of a training: a run of the same is the same run. */
export interface Asked {
  readonly recipe: Recipe;
  readonly dataset: { readonly hash: string };
  readonly engine?: EngineName;
  /** The run directory. */
  readonly out: string;
}

/** Closed forms come of no engine; `tfjs` is whichever backend was the fastest. */
function isBy(used: string, asked: EngineName): boolean {
  return used === "closed-form" || used === asked || (asked === "tfjs" && used.startsWith("tfjs:"));
}

/**
 * The run that is in its place already: of the same recipe, the same dataset and the engine asked for. The device is not
 * part of what a run is, nor is the version of the program. `undefined` where there is none, or something else.
 */
export async function finishedRun({ recipe, dataset, engine = "ort", out }: Asked): Promise<TrainingRun | undefined> {
  const run = await readRun(join(out, "run.json"));
  if (run === undefined || run.dataset.hash !== dataset.hash || !isBy(run.engine, engine)) return undefined;
  return isDeepStrictEqual(run.recipe, recipe) ? run : undefined;
}

async function readRun(path: string): Promise<TrainingRun | undefined> {
  try {
    return TrainingRun.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // Whatever is there instead is another's: training refuses to replace it.
    return undefined;
  }
}
