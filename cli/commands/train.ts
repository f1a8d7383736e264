import type { RegisterCommand } from "../context.ts";

interface TrainFlags {
  readonly data: string;
  readonly out: string;
  readonly set: readonly string[];
  readonly force?: boolean;
  readonly resume?: boolean;
  readonly json?: boolean;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** `train RECIPE --data DATASET -o RUN` */
export const trainCommand: RegisterCommand = (program, context) => {
  program
    .command("train")
    .description("Train a model on a prepared dataset.")
    .argument("<recipe>", "recipe file, e.g. recipes/ridge.json")
    .requiredOption("--data <dataset>", "dataset directory made by `prepare`")
    .requiredOption("-o, --out <run>", "run directory to make")
    .option("--set <key=value>", "override a field of the recipe; may be repeated", collect, [])
    .option("--force", "replace an existing run directory")
    .option("--resume", "go on from the checkpoint of a stopped training")
    .option("--json", "print the run's scores as JSON")
    .action(async (recipePath: string, flags: TrainFlags) => {
      const [{ openDataset }, { openSession }, { train }, { readRecipe }, { scoreTable }] = await Promise.all([
        import("../../data/node/dataset.ts"),
        import("../../runtime/node/open.ts"),
        import("../../train/train.ts"),
        import("../recipe.ts"),
        import("../score-table.ts"),
      ]);
      const recipe = await readRecipe(recipePath, flags.set);
      await using dataset = await openDataset(flags.data);
      const run = await train({
        recipe,
        dataset,
        open: openSession,
        out: flags.out,
        force: flags.force ?? false,
        resume: flags.resume ?? false,
        onProgress: context.onProgress,
        signal: context.signal,
      });
      if (flags.json) {
        const { selected, candidates, scores, notes, seconds } = run;
        context.print(JSON.stringify({ out: flags.out, selected, candidates, scores, notes, seconds }, null, 2));
        return;
      }
      const chosen = Object.entries(run.selected).map(([name, value]) => `${name} = ${value}`);
      context.print(`${recipe.name}: ${chosen.join(", ")} (chosen on validation MAE)`);
      context.print(scoreTable(run.scores));
      for (const note of run.notes) context.print(`note: ${note}`);
      context.print(`run written to ${flags.out}`);
    });
};
