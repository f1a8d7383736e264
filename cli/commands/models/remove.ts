import { AppError } from "../../../schemas/errors.ts";
import type { RegisterCommand } from "../../context.ts";
import { author, inRepository, type RecordFlags, recorded } from "./options.ts";

interface Flags extends RecordFlags {
  readonly models: string;
  readonly force?: boolean;
}

/** `landfall models remove NAME:VERSION`: deletes a version; its number is never given again. */
export const removeCommand: RegisterCommand = (models, { print }) => {
  const command = models
    .command("remove")
    .description("Delete a version for good.")
    .argument("<version>", "the version as name:3")
    .option("--force", "even where aliases point to it: they are removed too");
  recorded(inRepository(command)).action(async (reference: string, flags: Flags) => {
    const [{ removeVersion }, { parseReference }] = await Promise.all([
      import("../../../registry/remove.ts"),
      import("../../../registry/reference.ts"),
    ]);
    const { name, version } = parseReference(reference);
    if (version === undefined)
      throw new AppError("usage", { what: "which version?", got: reference, expected: `${name}:N` });
    const { models: repository, force = false } = flags;
    const { aliases } = await removeVersion({ models: repository, name, version, force, ...author(flags) });
    print(`removed ${name}:${version}${aliases.length === 0 ? "" : ` and its alias ${aliases.join(", ")}`}`);
  });
};
