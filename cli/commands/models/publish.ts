import type { RegisterCommand } from "../../context.ts";
import { wholeNumber } from "../../numbers.ts";
import { changeText } from "./change-text.ts";
import { author, inRepository, orJson, type RecordFlags, recorded } from "./options.ts";
import { shortHash } from "./words.ts";

interface Flags extends RecordFlags {
  readonly models: string;
  readonly name: string;
  readonly alias?: string;
  readonly licence?: string;
  readonly parent?: number;
  readonly json?: boolean;
}

/** `landfall models publish DIR --name NAME`: an exported folder as the next version of a name. */
export const publishCommand: RegisterCommand = (models, { signal, onProgress, print }) => {
  const command = models
    .command("publish")
    .description("Verify an exported model and publish it as the next version of a name.")
    .argument("<dir>", "folder that `landfall export` wrote")
    .requiredOption("--name <name>", "the model's name: lower-case letters, digits, '.', '_' and '-'")
    .option("--alias <alias>", "point this alias to it, e.g. production")
    .option("--licence <text>", "licence to record instead of the export's")
    .option("--parent <version>", "the version that it descends from", wholeNumber(1));
  orJson(recorded(inRepository(command))).action(async (from: string, flags: Flags) => {
    const [{ publishVersion }, { setAlias }, { aliasName }] = await Promise.all([
      import("../../../registry/publish.ts"),
      import("../../../registry/aliases.ts"),
      import("../../../registry/name.ts"),
    ]);
    const { models: repository, name, licence, parent } = flags;
    // A bad alias is refused before anything is published.
    const alias = flags.alias === undefined ? undefined : aliasName(flags.alias);
    const common = { models: repository, name, signal, onProgress, ...author(flags) };
    const published = await publishVersion({
      ...common,
      from,
      ...(licence !== undefined && { licence }),
      ...(parent !== undefined && { parent }),
    });
    const change = alias === undefined ? undefined : await setAlias({ ...common, alias, version: published.version });
    if (flags.json === true) {
      print(JSON.stringify({ ...published, ...(change && { alias: change.alias, from: change.from }) }, null, 2));
      return;
    }
    const { version, contentHash, status } = published;
    print(
      status === "published"
        ? `published ${name}:${version} (${shortHash(contentHash)}) in ${published.dir}`
        : `already published as ${name}:${version} (${shortHash(contentHash)})`,
    );
    if (change !== undefined) print(changeText(change));
  });
};
