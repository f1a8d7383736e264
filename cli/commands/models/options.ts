import { userInfo } from "node:os";
import { type Command, Option } from "commander";
import { AppError } from "../../../schemas/errors.ts";

/** Where the models are: an option of every command here. */
export function inRepository(command: Command): Command {
  return command.option("--models <dir>", "the model repository", "models");
}

/** A query's answer as one JSON value. */
export function orJson(command: Command): Command {
  return command.option("--json", "print JSON");
}

/** Who and why, for the history. */
export function recorded(command: Command): Command {
  return command
    .addOption(new Option("--who <name>", "who does this, for the history").default(undefined, "your user name"))
    .option("--why <text>", "the reason, for the history");
}

/** What {@link recorded} gives. */
export interface RecordFlags {
  readonly who?: string;
  readonly why?: string;
}

/** The author and the reason of a change. @throws AppError `usage` when the system does not know the user. */
export function author({ who, why }: RecordFlags): { readonly who: string; readonly why?: string } {
  return { who: who ?? systemUser(), ...(why !== undefined && { why }) };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    // A container may run under an id without a name.
    throw new AppError("usage", { what: "your user has no name", advice: "Give one with --who" }, { cause });
  }
}
