import { Command, CommanderError } from "commander";
import { isAppError } from "../schemas/errors.ts";
import { codeVersion } from "../schemas/version.ts";
import { commands } from "./commands/index.ts";
import type { CliContext } from "./context.ts";
import { handleOutputErrors } from "./output-errors.ts";
import { progressReporter } from "./progress.ts";

/** Runs the command line and returns the exit status (sysexits). */
async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  let stopping = false;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      // The second signal does not wait for the block in flight. It ends the process as if nobody listened: an exit would
      // first end the threads, and one that computes aborts the process.
      if (stopping) {
        process.removeAllListeners(name);
        process.kill(process.pid, name);
      }
      stopping = true;
      process.stderr.write(`\nlandfall: ${name}, stopping after the block in flight\n`);
      stop.abort();
    });
  }
  const { onProgress, note, end } = progressReporter(process.stderr);
  const context: CliContext = {
    signal: stop.signal,
    onProgress,
    print: (text) => void process.stdout.write(`${text}\n`),
    note,
  };
  const program = new Command("landfall")
    .description("Infers a whole transcriptome from the ~1,000 landmark genes of the L1000 assay.")
    .version(codeVersion)
    .exitOverride();
  for (const register of commands) register(program, context);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...argv]);
    return 0;
  } catch (error) {
    end();
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64;
    if (isAppError(error)) {
      process.stderr.write(`landfall: ${error.message}\n`);
      if (process.env["LANDFALL_DEBUG"] !== undefined) process.stderr.write(`${error.stack}\n${String(error.cause)}\n`);
      return error.exitCode;
    }
    process.stderr.write(`landfall: internal error, please report it: ${(error as Error).stack ?? String(error)}\n`);
    return 70;
  }
}

handleOutputErrors(process);
const status = await main(process.argv);
if (status !== 0) process.exitCode = status;
