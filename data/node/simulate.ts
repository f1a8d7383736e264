import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { OnProgress } from "../../schemas/index.ts";
import type { Compendium } from "../simulate/compendium.ts";
import { simulate } from "../simulate/simulate.ts";
import { writeError } from "./atomic.ts";
import { holdsGctx, type WriteReport, writeGctx } from "./gctx-writer.ts";

/** Where the compendium lies, and whether it had to be written. */
export interface SimulationReport extends WriteReport {
  readonly path: string;
}

export interface SimulationOptions {
  /** Replace a file of the same name that holds another compendium. */
  readonly force?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Simulates a compendium into `directory/simulated_n{samples}x{genes}.gctx`; does nothing when it is there already.
 * @throws AppError `usage` for impossible numbers, `other-plan` when another compendium has that name, `cannot-create`,
 *   `cancelled`
 */
export async function writeSimulation(
  directory: string,
  compendium: Compendium,
  { force = false, ...hooks }: SimulationOptions = {},
): Promise<SimulationReport> {
  const { genes, samples, blocks } = simulate(compendium);
  const path = join(directory, `simulated_n${samples.ids.length}x${genes.ids.length}.gctx`);
  const { landmarks, targets, studies, seed } = compendium;
  const parameters = { samples: samples.ids.length, landmarks, targets, studies, seed };
  const attributes = { src: "landfall simulate", lf_scale: "log2", lf_simulation: JSON.stringify(parameters) };
  const content = { genes, samples, attributes };
  // The header names every parameter and files appear whole, so a file with this header is this compendium.
  if (await holdsGctx(path, content)) return { path, outcome: "unchanged", notes: [] };
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw writeError(error, directory);
  });
  const existing = force ? "replace" : "refuse";
  return { path, ...(await writeGctx(path, { ...content, ...hooks, blocks: blocks(), existing })) };
}
