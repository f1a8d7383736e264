import type { Device } from "../../runtime/session.ts";
import type { EngineName } from "../../train/engine-name.ts";
import type { RegisterCommand } from "../context.ts";
import { deviceOption } from "../device-option.ts";
import { engineOption } from "../engine-option.ts";
import { repeatable } from "../repeatable.ts";

interface SearchFlags {
  readonly data: string;
  readonly out: string;
  readonly set: readonly string[];
  readonly device: Device;
  readonly engine: EngineName;
  readonly force?: boolean;
  readonly retryFailed?: boolean;
  readonly json?: boolean;
}

/** `search SPACE --data DATASET -o DIR` */
export const searchCommand: RegisterCommand = (program, context) => {
  program
    .command("search")
    .description("Train a recipe with many values of its fields, and rank the results by validation MAE.")
    .argument("<space>", "search space, e.g. recipes/search/dgex-small.json")
    .requiredOption("--data <dataset>", "dataset directory made by `prepare`")
    .requiredOption("-o, --out <dir>", "directory for the trials and the leaderboard; the same command goes on in it")
    .addOption(deviceOption())
    .addOption(engineOption())
    .option("--set <key=value>", "override a field of the base recipe; may be repeated", repeatable, [])
    .option("--force", "replace another search in the directory; trials that both have are kept")
    .option("--retry-failed", "train failed trials again")
    .option("--json", "print the leaderboard as JSON")
    .action(async (spacePath: string, flags: SearchFlags) => {
      const [{ searchModels }, text] = await Promise.all([import("../search-models.ts"), import("../search-text.ts")]);
      const { data, out, set, device, engine, force = false, retryFailed = false, json } = flags;
      const onTrial = (...told: Parameters<typeof text.trialLine>) => context.note(text.trialLine(...told));
      const request = { spacePath, data, out, settings: set, device, engine, force, retryFailed, context, onTrial };
      const { board, grid, outOfBudget } = await searchModels(request);
      if (json) {
        const told = grid && { tables: grid.errors, notes: grid.notes };
        context.print(JSON.stringify({ out, outOfBudget, ...board, ...(told && { grid: told }) }, null, 2));
        return;
      }
      context.print(text.leaderboardText(board));
      if (outOfBudget) context.print("the budget is spent: a larger one goes on with the same trials");
      if (grid) context.print(`\n${text.gridTablesText(grid)}`);
      context.print(`leaderboard written to ${out}/leaderboard.html`);
      if (grid) context.print(`tables and figures of the grid written to ${out}/dgex-grid.html`);
    });
};
