import { AppError } from "../../../schemas/errors.ts";
import type { RegisterCommand } from "../../context.ts";
import { changeText } from "./change-text.ts";
import { author, inRepository, orJson, type RecordFlags, recorded } from "./options.ts";
import { shortHash } from "./words.ts";

interface Flags extends RecordFlags {
  readonly models: string;
  readonly name: string;
  readonly reference?: string;
  readonly alias?: string;
  readonly licence?: string;
  readonly json?: boolean;
}

/** @throws AppError `usage` without a reference: the weights alone are no whole version. */
function requireReference({ reference }: Flags): string {
  if (reference !== undefined) return reference;
  throw new AppError("usage", {
    what: "the weights do not say what profiles look like, so that no scale could be checked and no landmark imputed",
    expected: "level 3 profiles with all landmarks: --reference FILE",
    advice: "Give the plates that you are going to infer, or any level 3 file of the assay",
  });
}

/** `landfall models import-cmap WEIGHTS --reference PROFILES --name NAME`: CMap's linear inference as a version. */
export const importCmapCommand: RegisterCommand = (models, { signal, onProgress, print }) => {
  const command = models
    .command("import-cmap")
    .description("Publish CMap's own linear weights (GSE92743_Broad_OLS_WEIGHTS) as a version of a name.")
    .argument("<weights>", "GCTX of weights: an intercept and 978 landmarks a target gene")
    .requiredOption("--name <name>", "the model's name: lower-case letters, digits, '.', '_' and '-'")
    .option("--reference <file>", "level 3 profiles (QNORM): what scale checks, imputation and OOD scores come from")
    .option("--alias <alias>", "point this alias to it, e.g. production")
    .option("--licence <text>", "licence to record in the manifest and on the model card");
  orJson(recorded(inRepository(command))).action(async (weights: string, flags: Flags) => {
    const reference = requireReference(flags);
    const [{ importCmap }, { setAlias }, { aliasName, modelName }] = await Promise.all([
      import("../../import-cmap.ts"),
      import("../../../registry/aliases.ts"),
      import("../../../registry/name.ts"),
    ]);
    const { models: repository, licence } = flags;
    // A bad name or alias is refused before anything is read.
    const name = modelName(flags.name);
    const alias = flags.alias === undefined ? undefined : aliasName(flags.alias);
    const common = { models: repository, name, ...author(flags) };
    const request = { ...common, weights, reference, ...(licence !== undefined && { licence }) };
    const { published, landmarks, targets, profiles, maxAbs } = await importCmap(request, { signal, onProgress });
    const { version, contentHash, status, dir } = published;
    const change = alias === undefined ? undefined : await setAlias({ ...common, alias, version });
    if (flags.json === true) {
      const facts = { ...published, landmarks, targets, profiles, maxAbs };
      print(JSON.stringify({ ...facts, ...(change && { alias: change.alias, from: change.from }) }, null, 2));
      return;
    }
    print(
      status === "published"
        ? `published ${name}:${version} (${shortHash(contentHash)}) in ${dir}`
        : `already published as ${name}:${version} (${shortHash(contentHash)})`,
    );
    print(
      `${landmarks} landmarks → ${targets} targets; at most ${maxAbs.toExponential(1)} from the formula; described by ${profiles} profiles`,
    );
    if (change !== undefined) print(changeText(change));
  });
};
