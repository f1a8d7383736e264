import { Option } from "commander";
import type { Device } from "../../runtime/session.ts";
import { type EngineName, engineNames } from "../../train/engine-name.ts";
import type { RegisterCommand } from "../context.ts";

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

const devices: readonly Device[] = ["auto", "cpu", "cuda", "webgpu", "dml", "coreml"];

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** `train RECIPE --data DATASET -o RUN` */
export const trainCommand: RegisterCommand = (program, context) => {
  program
    .command("train")
    .description("Train a model on a prepared dataset.")
    .argument("<recipe>", "recipe file, e.g. recipes/ridge.json")
    .requiredOption("--data <dataset>", "dataset directory made by `prepare`")
    .requiredOption("-o, --out <run>", "run directory to make")
    .addOption(
      new Option("--device <device>", "where to compute: auto takes CUDA where there is one")
        .choices(devices)
        .default("auto"),
    )
    .addOption(
      new Option("--engine <engine>", "what trains nets: tfjs takes the fastest of its backends (docs/engines.md)")
        .choices(engineNames)
        .default("ort"),
    )
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
        device: flags.device,
        engine: flags.engine,
        out: flags.out,
        force: flags.force ?? false,
        resume: flags.resume ?? false,
        onProgress: context.onProgress,
        signal: context.signal,
      });
      if (flags.json) {
        const { selected, candidates, scores, notes, engine, device, seconds } = run;
        const printed = { out: flags.out, selected, candidates, scores, notes, engine, device, seconds };
        context.print(JSON.stringify(printed, null, 2));
        return;
      }
      const chosen = Object.entries(run.selected).map(([name, value]) => `${name} = ${value}`);
      context.print(`${recipe.name}: ${chosen.join(", ")} (chosen on validation MAE)`);
      context.print(`computed on ${run.device} (${run.engine}) in ${run.seconds.toFixed(1)} s`);
      context.print(scoreTable(run.scores));
      for (const note of run.notes) context.print(`note: ${note}`);
      context.print(`run written to ${flags.out}`);
    });
};
