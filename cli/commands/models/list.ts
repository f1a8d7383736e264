import type { ModelSummary, VersionSummary } from "../../../registry/list.ts";
import type { RegisterCommand } from "../../context.ts";
import { textTable } from "../../table.ts";
import { inRepository, orJson } from "./options.ts";
import { shortHash } from "./words.ts";

interface Flags {
  readonly models: string;
  readonly json?: boolean;
}

/** `landfall models list`: every version of every model. */
export const listCommand: RegisterCommand = (models, { print }) => {
  orJson(inRepository(models.command("list").description("List the models and their versions."))).action(
    async (flags: Flags) => {
      const { listModels } = await import("../../../registry/list.ts");
      const summaries = await listModels(flags.models);
      print(flags.json === true ? JSON.stringify(summaries, null, 2) : listText(summaries, flags.models));
    },
  );
};

/** MAE in z units and its change against ridge; empty for a model without scores. */
function scoreCells({ head }: VersionSummary): readonly [string, string] {
  if (head?.task !== "expression" || head.scores === undefined) return ["", ""];
  const { test, validation, train } = head.scores;
  const [split, { mae }] = test ? ["test", test] : validation ? ["validation", validation] : ["train", train];
  const change = mae.ridge === undefined ? undefined : 100 * (mae.model / mae.ridge - 1);
  const against = change === undefined ? "" : `${change > 0 ? "+" : ""}${change.toFixed(1)} %`;
  return [`${mae.model.toFixed(4)} ${split}`, against];
}

function row(name: string, version: VersionSummary): string[] {
  const { head, problem } = version;
  const aliases = version.aliases.join(", ");
  if (head === undefined) return [name, String(version.version), aliases, `damaged: ${problem ?? ""}`];
  const genes = head.task === "expression" ? `${head.landmarks} → ${head.targets}` : "";
  const scale = head.task === "expression" ? head.scale : "";
  return [
    name,
    String(version.version),
    aliases,
    head.task,
    genes,
    scale,
    ...scoreCells(version),
    head.createdAt.slice(0, 10),
    shortHash(head.contentHash),
  ];
}

const header = ["model", "version", "aliases", "task", "genes", "scale", "MAE (z)", "vs ridge", "made", "hash"];

/** The models as a table, the newest version first; damaged versions are told below it. */
function listText(models: readonly ModelSummary[], repository: string): string {
  if (models.length === 0) return `no models in ${repository}`;
  const rows = models.flatMap(({ name, versions }) => versions.map((version) => row(name, version)));
  const sound = rows.filter((cells) => cells.length === header.length);
  const damaged = rows.filter((cells) => cells.length !== header.length);
  return [
    ...(sound.length > 0 ? [textTable(header, sound)] : []),
    ...damaged.map(([name, version, , problem]) => `${name}:${version} ${problem}`),
  ].join("\n");
}
