import type { RegisterCommand } from "../context.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommand } from "./export.ts";
import { inspectCommand } from "./inspect.ts";
import { modelsCommand } from "./models.ts";
import { prepareCommand } from "./prepare.ts";
import { trainCommand } from "./train.ts";

/** The commands, in the order of the help. */
export const commands: readonly RegisterCommand[] = [
  doctorCommand,
  inspectCommand,
  prepareCommand,
  trainCommand,
  exportCommand,
  modelsCommand,
];
