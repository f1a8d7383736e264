import type { Verification } from "../../../registry/verify.ts";
import { AppError } from "../../../schemas/errors.ts";
import type { CliContext, RegisterCommand } from "../../context.ts";
import { inRepository, orJson } from "./options.ts";
import { counted, formatBytes } from "./words.ts";

interface Flags {
  readonly models: string;
  readonly json?: boolean;
}

/** A verified thing: a version, or what lies beside the versions of a model. */
interface Verdict {
  /** `ridge:3`, a folder, or `ridge` for its aliases, history and configuration. */
  readonly subject: string;
  readonly problems: readonly string[];
  readonly bytes: number;
  readonly files: number;
  readonly contentHash?: string;
}

/** `landfall models verify [MODEL…]`: every byte against the manifests; exit status 65 when something is wrong. */
export const verifyCommand: RegisterCommand = (models, context) => {
  const command = models
    .command("verify")
    .description("Read every byte of versions again and compare it with what was published.")
    .argument("[model...]", "name (all its versions), name:3, name@alias or a folder; all models by default");
  orJson(inRepository(command)).action(async (references: readonly string[], flags: Flags) => {
    const { modelNames } = await import("../../../registry/layout.ts");
    const wanted = references.length > 0 ? references : await modelNames(flags.models);
    const verdicts: Verdict[] = [];
    for (const reference of wanted) verdicts.push(...(await verdictsOf(reference, flags, context)));
    context.print(flags.json === true ? JSON.stringify(verdicts, null, 2) : verdictText(verdicts, flags));
    const damaged = verdicts.filter(({ problems }) => problems.length > 0);
    if (damaged.length === 0) return;
    throw new AppError("bad-model", {
      what: `${damaged.length} of ${verdicts.length} verified are damaged`,
      examples: damaged.map(({ subject }) => subject),
    });
  });
};

function verdict(subject: string, { problems, bytes, manifest }: Verification): Verdict {
  const files = manifest?.files.length ?? 0;
  return { subject, problems, bytes, files, ...(manifest && { contentHash: manifest.contentHash }) };
}

async function verdictsOf(reference: string, { models }: Flags, context: CliContext): Promise<Verdict[]> {
  const { signal, onProgress } = context;
  const [{ resolveModel }, { verifyFolder }, { verifyModel }] = await Promise.all([
    import("../../../registry/resolve.ts"),
    import("../../../registry/verify.ts"),
    import("../../../registry/verify-model.ts"),
  ]);
  const { dir, name, version } = await resolveModel(reference, { models });
  if (name === undefined || version === undefined)
    return [verdict(dir, await verifyFolder(dir, { signal, onProgress }))];
  if (reference !== name)
    return [verdict(`${name}:${version}`, await verifyFolder(dir, { place: { name, version }, signal, onProgress }))];
  const { problems, versions } = await verifyModel(models, name, { signal, onProgress });
  return [
    ...(problems.length > 0 ? [{ subject: name, problems, bytes: 0, files: 0 }] : []),
    ...versions.map((found) => verdict(`${name}:${found.version}`, found)),
  ];
}

/** A line for what is sound, and a line for each problem. */
function verdictText(verdicts: readonly Verdict[], { models }: Pick<Flags, "models">): string {
  if (verdicts.length === 0) return `no models in ${models}`;
  return verdicts
    .flatMap(({ subject, problems, files, bytes }) => [
      problems.length === 0
        ? `${subject}  sound (${counted(files, "file")}, ${formatBytes(bytes)})`
        : `${subject}  ${counted(problems.length, "problem")}`,
      ...problems.map((problem) => `  ${problem}`),
    ])
    .join("\n");
}
