import type { RegisterCommand } from "../context.ts";
import { aliasCommand, rollbackCommand } from "./models/alias.ts";
import { diffCommand } from "./models/diff.ts";
import { gcCommand } from "./models/gc.ts";
import { importCmapCommand } from "./models/import-cmap.ts";
import { listCommand } from "./models/list.ts";
import { publishCommand } from "./models/publish.ts";
import { removeCommand } from "./models/remove.ts";
import { showCommand } from "./models/show.ts";
import { verifyCommand } from "./models/verify.ts";

/** `landfall models …`: the model repository. */
export const modelsCommand: RegisterCommand = (program, context) => {
  const models = program.command("models").description("Publish, name, compare and verify versions of models.");
  for (const register of [
    listCommand,
    showCommand,
    publishCommand,
    importCmapCommand,
    verifyCommand,
    aliasCommand,
    rollbackCommand,
    diffCommand,
    removeCommand,
    gcCommand,
  ])
    register(models, context);
};
