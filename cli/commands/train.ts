import type { Device } from "../../runtime/session.ts";
import type { TrainingRun } from "../../schemas/index.ts";
import type { EngineName } from "../../train/engine-name.ts";
import type { RegisterCommand } from "../context.ts";
import { deviceOption } from "../device-option.ts";
import { engineOption } from "../engine-option.ts";
import { repeatable } from "../repeatable.ts";

interface TrainFlags {
  readonly data: string;
  readonly out: string;
  readonly set: readonly string[];
  readonly device: Device;
  readonly engine: EngineName;
  readonly force?: boolean;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** What `--json` prints. */
const runRecord = (out: string, { selected, candidates, scores, notes, engine, device, seconds }: TrainingRun) => ({
  out,
  selected,
  candidates,
  scores,
  notes,
  engine,
  device,
  seconds,
});

/** `train RECIPE --data DATASET -o RUN` */
export const trainCommand: RegisterCommand = (program, context) => {
  program
    .command("train")
    .description("Train a model on a prepared dataset.")
    .argument("<recipe>", "recipe file, e.g. recipes/ridge.json")
    .requiredOption("--data <dataset>", "dataset directory made by `prepare`")
    .requiredOption("-o, --out <run>", "run directory to make")
    .addOption(deviceOption())
    .addOption(engineOption())
    .option("--set <key=value>", "override a field of the recipe; may be repeated", repeatable, [])
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
      const warned = new Set<string>();
      let done = false;
      const run = await train({
        recipe,
        dataset,
        open: openSession,
        device: flags.device,
        engine: flags.engine,
        out: flags.out,
        force: flags.force ?? false,
        resume: flags.resume ?? false,
        onProgress: context.onProgress,
        onWarning: (warning) => {
          warned.add(warning);
          context.note(`warning: ${warning}`);
        },
        onAlreadyDone: () => void (done = true),
        signal: context.signal,
      });
      if (done) context.note(`already done: ${flags.out}`);
      if (flags.json) {
        context.print(JSON.stringify(runRecord(flags.out, run), null, 2));
        return;
      }
      const chosen = Object.entries(run.selected).map(([name, value]) => `${name} = ${value}`);
      context.print(`${recipe.name}: ${chosen.join(", ")} (chosen on validation MAE)`);
      context.print(`computed on ${run.device} (${run.engine}) in ${run.seconds.toFixed(1)} s`);
      context.print(scoreTable(run.scores));
      for (const note of run.notes) if (!warned.has(note)) context.print(`note: ${note}`);
      if (!done) context.print(`run written to ${flags.out}`);
    });
};
