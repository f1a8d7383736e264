import type { Command } from "commander";
import type { OnProgress } from "../schemas/index.ts";

/** What a command gets from the process around it. Results go to stdout, everything else to stderr. */
export interface CliContext {
  /** Aborted by the first Ctrl-C or SIGTERM: long work stops cleanly between blocks. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Writes a result to stdout, a newline added. */
  readonly print: (text: string) => void;
  /** Writes a remark to stderr, a newline added. */
  readonly note: (text: string) => void;
}

/** Adds one command to the program; heavy rooms are imported inside its action. */
export type RegisterCommand = (program: Command, context: CliContext) => void;
