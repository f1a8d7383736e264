import type { RegisterCommand } from "../context.ts";
import { convertCommand } from "./convert.ts";
import { demoCommand } from "./demo.ts";
import { doctorCommand } from "./doctor.ts";
import { evaluateCommand } from "./evaluate.ts";
import { explainCommand } from "./explain.ts";
import { exportCommand } from "./export.ts";
import { inferCommand } from "./infer.ts";
import { inspectCommand } from "./inspect.ts";
import { modelsCommand } from "./models.ts";
import { prepareCommand } from "./prepare.ts";
import { searchCommand } from "./search.ts";
import { serveCommand } from "./serve.ts";
import { shardsCommand } from "./shards.ts";
import { simulateCommand } from "./simulate.ts";
import { trainCommand } from "./train.ts";

/** The commands, in the order of the help. */
export const commands: readonly RegisterCommand[] = [
  demoCommand,
  doctorCommand,
  simulateCommand,
  inspectCommand,
  convertCommand,
  prepareCommand,
  trainCommand,
  searchCommand,
  evaluateCommand,
  explainCommand,
  exportCommand,
  modelsCommand,
  inferCommand,
  shardsCommand,
  serveCommand,
];
