import { AppError } from "../../../schemas/errors.ts";
import type { RegisterCommand } from "../../context.ts";
import { changeText } from "./change-text.ts";
import { author, inRepository, orJson, type RecordFlags, recorded } from "./options.ts";

interface Flags extends RecordFlags {
  readonly models: string;
  readonly json?: boolean;
}

/** `landfall models alias MODEL ALIAS`: points an alias to a version. */
export const aliasCommand: RegisterCommand = (models, { signal, onProgress, print }) => {
  const command = models
    .command("alias")
    .description("Point an alias to a version, after verifying it.")
    .argument("<model>", "the version as name:3, or that of another alias as name@staging")
    .argument("<alias>", "e.g. production, which a bare name then means");
  orJson(recorded(inRepository(command))).action(async (reference: string, alias: string, flags: Flags) => {
    const [{ setAlias }, { parseReference }, { resolvePublished }] = await Promise.all([
      import("../../../registry/aliases.ts"),
      import("../../../registry/reference.ts"),
      import("../../../registry/resolve.ts"),
    ]);
    const wanted = parseReference(reference);
    if (wanted.version === undefined && wanted.alias === undefined)
      throw new AppError("usage", {
        what: "which version?",
        got: reference,
        expected: `${wanted.name}:N or ${wanted.name}@ALIAS`,
      });
    const { name, version } = await resolvePublished(reference, flags);
    const change = await setAlias({ models: flags.models, name, version, alias, signal, onProgress, ...author(flags) });
    print(flags.json === true ? JSON.stringify(change, null, 2) : changeText(change));
  });
};

/** `landfall models rollback MODEL`: points an alias to the version it pointed to before. */
export const rollbackCommand: RegisterCommand = (models, { signal, onProgress, print }) => {
  const command = models
    .command("rollback")
    .description("Point an alias back to the version before; again, to the one before that.")
    .argument("<model>", "name@alias; a bare name is its alias production");
  orJson(recorded(inRepository(command))).action(async (reference: string, flags: Flags) => {
    const [{ rollback }, { parseReference }, { defaultAlias }] = await Promise.all([
      import("../../../registry/aliases.ts"),
      import("../../../registry/reference.ts"),
      import("../../../registry/resolve.ts"),
    ]);
    const { name, version, alias = defaultAlias } = parseReference(reference);
    if (version !== undefined)
      throw new AppError("usage", {
        what: "a rollback finds the version itself",
        got: reference,
        expected: `${name} or ${name}@ALIAS`,
        advice: `Name the version with: landfall models alias ${reference} ${defaultAlias}`,
      });
    const change = await rollback({ models: flags.models, name, alias, signal, onProgress, ...author(flags) });
    print(flags.json === true ? JSON.stringify(change, null, 2) : changeText(change));
  });
};
