import type { RegisterCommand } from "../context.ts";

/** The commands, in the order of the help. */
export const commands: readonly RegisterCommand[] = [];
