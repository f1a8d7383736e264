import type { RegisterCommand } from "../context.ts";

interface SimulateFlags {
  readonly output: string;
  readonly samples: string;
  readonly landmarks: string;
  readonly targets: string;
  readonly studies: string;
  readonly seed: string;
  readonly force?: boolean;
}

/** `landfall simulate`: a compendium with non-linear regulation and batch effects, as one GCTX file. */
export const simulateCommand: RegisterCommand = (program, { signal, onProgress, print, note }) => {
  program
    .command("simulate")
    .description("Simulate a compendium with non-linear regulation and batch effects, of any size.")
    .requiredOption("-o, --output <dir>", "folder for simulated_n<samples>x<genes>.gctx")
    .option("--samples <n>", "profiles", "2000")
    .option("--landmarks <n>", "landmark genes, measured", "100")
    .option("--targets <n>", "target genes, to be inferred", "400")
    .option("--studies <n>", "studies, each with its own batch effect", "8")
    .option("--seed <n>", "the same numbers and seed give the same bytes", "1")
    .option("--force", "replace another compendium of the same size")
    .action(async ({ output, force = false, ...numbers }: SimulateFlags) => {
      const { writeSimulation } = await import("../../data/node/simulate.ts");
      const compendium = {
        samples: Number(numbers.samples),
        landmarks: Number(numbers.landmarks),
        targets: Number(numbers.targets),
        studies: Number(numbers.studies),
        seed: Number(numbers.seed),
      };
      const { path, outcome } = await writeSimulation(output, compendium, { force, signal, onProgress });
      if (outcome === "unchanged") note(`${path}: already done`);
      print(path);
    });
};
