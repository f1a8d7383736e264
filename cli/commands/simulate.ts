import type { RegisterCommand } from "../context.ts";
import { integer, wholeNumber } from "../numbers.ts";

interface SimulateFlags {
  readonly output: string;
  readonly samples: number;
  readonly landmarks: number;
  readonly targets: number;
  readonly studies: number;
  readonly seed: number;
  readonly force?: boolean;
}

/** `landfall simulate`: a compendium with non-linear regulation and batch effects, as one GCTX file. */
export const simulateCommand: RegisterCommand = (program, { signal, onProgress, print, note }) => {
  program
    .command("simulate")
    .description("Simulate a compendium with non-linear regulation and batch effects, of any size.")
    .requiredOption("-o, --output <dir>", "folder for simulated_n<samples>x<genes>.gctx")
    .option("--samples <n>", "profiles", wholeNumber(1), 2000)
    .option("--landmarks <n>", "landmark genes, measured", wholeNumber(1), 100)
    .option("--targets <n>", "target genes, to be inferred", wholeNumber(1), 400)
    .option("--studies <n>", "studies, each with its own batch effect", wholeNumber(1), 8)
    .option("--seed <n>", "the same numbers and seed give the same bytes", integer, 1)
    .option("--force", "replace another compendium of the same size")
    .action(async ({ output, force = false, ...compendium }: SimulateFlags) => {
      const { writeSimulation } = await import("../../data/node/simulate.ts");
      const { path, outcome } = await writeSimulation(output, compendium, { force, signal, onProgress });
      if (outcome === "unchanged") note(`${path}: already done`);
      print(path);
    });
};
