import type { RegisterCommand } from "../context.ts";
import { type PrepareFlags, prepareOptionGroups, prepareOptions } from "./prepare/options.ts";
import { summaryRecord, summaryText } from "./prepare/summary.ts";

/** `landfall prepare`: expression files → a dataset directory. */
export const prepareCommand: RegisterCommand = (program, context) => {
  const command = program
    .command("prepare")
    .description("Make a dataset of expression files: landmarks, targets, split, standardisation.");
  for (const option of prepareOptionGroups()) command.addOption(option);
  command.action(async (flags: PrepareFlags) => {
    const [{ prepareDataset }, { openSession }] = await Promise.all([
      import("../../data/node/prepare.ts"),
      import("../../runtime/node/open.ts"),
    ]);
    const { signal, onProgress } = context;
    const report = await prepareDataset(await prepareOptions(flags), { signal, onProgress, openSession });
    for (const warning of report.warnings) context.note(`warning: ${warning}`);
    context.print(flags.json ? JSON.stringify(summaryRecord(report)) : summaryText(report));
  });
};
