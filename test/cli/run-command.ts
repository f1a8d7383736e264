import { Command } from "commander";
import type { CliContext, RegisterCommand } from "../../cli/context.ts";

/** Runs a command line, `["inspect", "FILE"]`, in this process: what it printed and remarked. It throws, and never exits. */
export async function runCommand(
  registers: readonly RegisterCommand[],
  args: readonly string[],
): Promise<{ printed: string[]; notes: string[] }> {
  const [printed, notes]: [string[], string[]] = [[], []];
  const context: CliContext = {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    print: (text) => void printed.push(text),
    note: (text) => void notes.push(text),
  };
  const program = new Command("landfall").exitOverride().configureOutput({ writeErr: () => undefined });
  for (const register of registers) register(program, context);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync([...args], { from: "user" });
  return { printed, notes };
}
