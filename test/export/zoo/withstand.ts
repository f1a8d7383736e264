/** What must come of a damaged model: an export, or an error that the user can read. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { exportGeneric } from "../../../export/generic.ts";
import { genericGraph } from "../../../export/graph.ts";
import { runPasses } from "../../../export/passes/pass.ts";
import { readLayersModel } from "../../../export/read/layers-model.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { isAppError } from "../../../schemas/index.ts";
import { fillWeights, saveModel, temporaryFolder } from "../support/tfjs.ts";
import { specimen } from "./architecture.ts";
import { writeDamaged } from "./mutate.ts";

/** Saved architectures to be damaged. */
export async function savedSpecimens(count: number): Promise<readonly string[]> {
  const root = await temporaryFolder();
  const folders: string[] = [];
  for (let seed = 500; folders.length < count; seed++) {
    const { model } = specimen(seed);
    fillWeights(model);
    folders.push(await saveModel(model, join(root, `${seed}`)));
    model.dispose();
  }
  return folders;
}

/** Outcomes of a run of damages. */
export interface Outcome {
  exported: number;
  refused: number;
  /** Errors that are not the user's to read, with the seed that made them. */
  readonly others: string[];
}

/** Damages the models in turn; `whole` exports to a folder and verifies, otherwise the graph is made only. */
export async function withstand(
  models: readonly string[],
  seeds: readonly number[],
  { whole }: { readonly whole: boolean },
): Promise<Outcome> {
  const outcome: Outcome = { exported: 0, refused: 0, others: [] };
  const dir = await temporaryFolder();
  const open: typeof openSession = (source, options) => openSession(source, { ...options, threads: 1 });
  for (const seed of seeds) {
    await mkdir(join(dir, "tfjs"), { recursive: true });
    await writeDamaged(models[seed % models.length] ?? "", join(dir, "tfjs"), seed);
    try {
      if (whole) await exportGeneric({ dir: join(dir, "tfjs"), out: join(dir, "out"), open });
      else runPasses(genericGraph(await readLayersModel(join(dir, "tfjs"))));
      outcome.exported++;
    } catch (error) {
      if (isAppError(error) && error.tag !== "internal") outcome.refused++;
      else outcome.others.push(`${seed}: ${(error as Error).stack?.slice(0, 600)}`);
    }
    await rm(dir, { recursive: true });
  }
  return outcome;
}
