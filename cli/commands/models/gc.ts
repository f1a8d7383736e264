import type { RegisterCommand } from "../../context.ts";
import { notNegative } from "../../numbers.ts";
import { formatDuration } from "../../progress.ts";
import { inRepository, orJson } from "./options.ts";
import { counted, formatBytes } from "./words.ts";

interface Flags {
  readonly models: string;
  readonly delete?: boolean;
  readonly olderThan: number;
  readonly json?: boolean;
}

/** `landfall models gc`: what killed commands have left behind. */
export const gcCommand: RegisterCommand = (models, { print }) => {
  const command = models
    .command("gc")
    .description("Find what killed commands left behind; with --delete, delete it.")
    .option("--delete", "delete what is found")
    .option("--older-than <hours>", "leave younger work alone: it may be going on", notNegative, 1);
  orJson(inRepository(command)).action(async (flags: Flags) => {
    const { collectGarbage } = await import("../../../registry/gc.ts");
    const remove = flags.delete ?? false;
    const found = await collectGarbage({ models: flags.models, remove, olderThanSeconds: 3600 * flags.olderThan });
    if (flags.json === true) {
      print(JSON.stringify({ deleted: remove, leftovers: found }, null, 2));
      return;
    }
    for (const { path, bytes, ageSeconds } of found)
      print(`${path}  ${formatBytes(bytes)}, ${formatDuration(ageSeconds)} old`);
    const total = found.reduce((sum, { bytes }) => sum + bytes, 0);
    const what = `${counted(found.length, "leftover")}, ${formatBytes(total)}`;
    print(found.length === 0 ? "nothing to collect" : remove ? `deleted ${what}` : `${what}; delete with --delete`);
  });
};
