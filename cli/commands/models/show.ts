import type { ModelSummary } from "../../../registry/list.ts";
import type { ModelDescription } from "../../../registry/show.ts";
import type { HistoryEntry } from "../../../schemas/index.ts";
import type { RegisterCommand } from "../../context.ts";
import { scoreTable } from "../../score-table.ts";
import { inRepository, orJson } from "./options.ts";
import { counted, factLines, formatBytes } from "./words.ts";

interface Flags {
  readonly models: string;
  readonly json?: boolean;
}

/** `landfall models show MODEL`: what a version is, what it was made from, how well it does. */
export const showCommand: RegisterCommand = (models, { print }) => {
  const command = models
    .command("show")
    .description("Show a version: genes, scale, scores, origin, and its model's versions, aliases and history.")
    .argument("<model>", "name, name:3, name@alias or a folder");
  orJson(inRepository(command)).action(async (reference: string, flags: Flags) => {
    const { describeModel } = await import("../../../registry/show.ts");
    const description = await describeModel(reference, flags);
    print(flags.json === true ? JSON.stringify(description, null, 2) : showText(description));
  });
};

type Facts = readonly (readonly [string, string | undefined])[];

function expressionFacts({ head }: ModelDescription): Facts {
  if (head.task !== "expression") return [["task", "generic: a bare net, not usable by infer"]];
  const { landmarks, targets, idType, scale, level, training } = head;
  const selected = Object.entries(training?.selected ?? {}).map(([name, value]) => `, ${name} ${value}`);
  return [
    ["task", `expression: ${landmarks} landmarks → ${targets} targets`],
    ["gene ids", idType],
    ["scale", level === undefined ? scale : `${scale}, L1000 level ${level}`],
    ["recipe", training && `${training.recipe.name} (${training.recipe.family}${selected.join("")})`],
    ["dataset", training && `${training.dataset.name} ${training.dataset.hash}`],
    ["trained", training && `engine ${training.engine} on ${training.device}, seed ${training.seed}`],
  ];
}

function facts(description: ModelDescription): Facts {
  const { head, bytes, dir, name, version, alias } = description;
  const [parity] = head.parity;
  const from = head.parent === undefined ? head.origin : `${head.origin}, from version ${head.parent}`;
  return [
    ["model", name && `${name}:${version}${alias === undefined ? "" : ` (${alias})`}`],
    ["folder", dir],
    ...expressionFacts(description),
    ["origin", from],
    ["made", `${head.createdAt} by Landfall ${head.codeVersion}`],
    [
      "graph",
      `${counted(head.parameters, "parameter")}, opset ${head.opset}, ${formatBytes(bytes)} in ${counted(head.files.length, "file")}`,
    ],
    ["parity", parity && `ONNX within ${parity.maxAbs.toExponential(1)} of tfjs on ${counted(parity.rows, "row")}`],
    ["licence", head.licence ?? "not stated"],
    ["hash", head.contentHash],
  ];
}

function versionLines({ versions }: ModelSummary): string[] {
  return factLines(
    versions.map(({ version, aliases, head, problem }) => [
      `  ${version}`,
      [head === undefined ? `damaged: ${problem}` : `made ${head.createdAt.slice(0, 10)}`, ...aliases].join(", "),
    ]),
  );
}

function historyLine({ at, who, action, version, alias, from, why }: HistoryEntry): string {
  const move =
    alias === undefined ? `${version}` : `${alias} → ${version}${from === undefined ? "" : ` (was ${from})`}`;
  return `  ${at.slice(0, 19).replace("T", " ")}  ${who}  ${action} ${move}${why === undefined ? "" : `: ${why}`}`;
}

/** The essentials of a model card, its versions and its history for people. */
function showText(description: ModelDescription): string {
  const { head, model, history = [] } = description;
  const scores = head.task === "expression" ? head.scores : undefined;
  const notes = head.task === "expression" ? (head.training?.notes ?? []) : [];
  return [
    ...factLines(facts(description)),
    ...notes.map((note) => `note: ${note}`),
    ...(scores === undefined ? [] : ["", scoreTable(scores)]),
    ...(model === undefined ? [] : ["", "versions", ...versionLines(model)]),
    ...(history.length === 0 ? [] : ["", "history", ...history.map(historyLine)]),
  ].join("\n");
}
