import type { GeneDiff } from "../../../registry/diff/genes.ts";
import type { TransformDiff } from "../../../registry/diff/transform.ts";
import type { WeightDiff } from "../../../registry/diff/weights.ts";
import type { ModelDiff, ScoreDiff } from "../../../registry/diff.ts";
import type { RegisterCommand } from "../../context.ts";
import { textTable } from "../../table.ts";
import { inRepository, orJson } from "./options.ts";
import { counted } from "./words.ts";

interface Flags {
  readonly models: string;
  readonly json?: boolean;
}

/** `landfall models diff A B`: what changed from one version to another. */
export const diffCommand: RegisterCommand = (models, { print }) => {
  const command = models
    .command("diff")
    .description("Compare two versions: signature, genes, transform, scores, weights.")
    .argument("<before>", "name, name:3, name@alias or a folder")
    .argument("<after>", "likewise");
  orJson(inRepository(command)).action(async (before: string, after: string, flags: Flags) => {
    const [{ diffVersions }, { resolveModel }] = await Promise.all([
      import("../../../registry/diff.ts"),
      import("../../../registry/resolve.ts"),
    ]);
    const [a, b] = [await resolveModel(before, flags), await resolveModel(after, flags)];
    const diff = await diffVersions(a.dir, b.dir);
    print(flags.json === true ? JSON.stringify(diff, null, 2) : diffText(diff));
  });
};

/** Names shown of a long list. */
const shown = 10;

const some = (names: readonly string[]): string =>
  names.slice(0, shown).join(", ") + (names.length > shown ? `, … (${names.length} in all)` : "");

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [`${title}: the same`] : [title, ...lines.map((line) => `  ${line}`)];
}

function geneLines({ before, after, added, removed, reordered, renamed }: GeneDiff): string[] {
  return [
    ...(before === after ? [] : [`${before} → ${after}`]),
    ...(added.length > 0 ? [`added: ${some(added)}`] : []),
    ...(removed.length > 0 ? [`removed: ${some(removed)}`] : []),
    ...(reordered ? ["in another order"] : []),
    ...(renamed.length > 0 ? [`renamed: ${some(renamed)}`] : []),
  ];
}

function transformLines({ settings, moments, equal }: TransformDiff): string[] {
  if (equal) return [];
  const distances = Object.entries(moments).map(
    ([part, distance]) =>
      `${part}: ${distance === null ? "other lengths" : `at most ${distance.toPrecision(3)} apart`}`,
  );
  return [...settings, ...distances];
}

function weightLines({ equal, changed, reshaped, onlyBefore, onlyAfter }: WeightDiff): string[] {
  const lines = [
    ...changed
      .slice(0, shown)
      .map(
        ({ name, dims, different, maxAbs }) =>
          `${name} [${dims.join(", ")}]: ${counted(different, "element")} differ, by at most ${maxAbs.toPrecision(3)}`,
      ),
    ...(changed.length > shown ? [`… ${changed.length} changed in all`] : []),
    ...reshaped,
    ...(onlyBefore.length > 0 ? [`gone: ${some(onlyBefore)}`] : []),
    ...(onlyAfter.length > 0 ? [`new: ${some(onlyAfter)}`] : []),
  ];
  return lines.length === 0 ? [] : [...lines, `${counted(equal, "tensor")} equal`];
}

function scoreLines(scores: readonly ScoreDiff[]): string[] {
  if (scores.length === 0) return [];
  const cell = (value: number | undefined): string => value?.toFixed(4) ?? "";
  const rows = scores.map(({ split, before, after }) => {
    const [a, b] = [before?.mae.model, after?.mae.model];
    const change = a === undefined || b === undefined ? "" : `${b > a ? "+" : ""}${(100 * (b / a - 1)).toFixed(1)} %`;
    return [split, cell(a), cell(b), change, cell(before?.mae.ridge), cell(after?.mae.ridge)];
  });
  return textTable(["MAE (z units)", "before", "after", "change", "ridge before", "ridge after"], rows).split("\n");
}

/** A comparison for people. */
function diffText(diff: ModelDiff): string {
  const { sameContent, signature, facts, scores, weights, transform, landmarks, targets } = diff;
  return [
    sameContent ? "the same content: weights, graph and genes are equal byte for byte" : "other content",
    ...section("signature", signature),
    ...(landmarks === undefined ? [] : section("landmarks", geneLines(landmarks))),
    ...(targets === undefined ? [] : section("targets", geneLines(targets))),
    ...(transform === undefined ? [] : section("transform", transformLines(transform))),
    ...section("weights", weightLines(weights)),
    ...section("facts", facts),
    ...(scores.length === 0 ? [] : ["scores", ...scoreLines(scores).map((line) => `  ${line}`)]),
  ].join("\n");
}
