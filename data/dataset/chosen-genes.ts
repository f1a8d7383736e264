import { AppError } from "../../schemas/index.ts";
import { geneKeys } from "../genes/keys.ts";
import type { Axis } from "../source.ts";
import { firstOf } from "./counted.ts";
import { type GeneSelection, type SelectedGenes, selectGenes } from "./selection.ts";

/** The genes of both roles. */
export interface ChosenGenes {
  /** 1 = landmark, `[genes]`. */
  readonly landmark: Uint8Array;
  /** 1 = target, `[genes]`. */
  readonly target: Uint8Array;
  readonly warnings: readonly string[];
}

/**
 * Finds landmarks and targets among the genes.
 * @throws AppError `usage` when one of them is nothing, or both are `rest`.
 */
export function chooseGenes(
  genes: Axis,
  choices: { readonly landmarks: GeneSelection; readonly targets: GeneSelection },
): ChosenGenes {
  if (choices.landmarks.kind === "rest" && choices.targets.kind === "rest")
    throw new AppError("usage", {
      what: "--landmarks and --targets are both rest",
      expected: "at most one of them",
      advice: "Name the landmarks, such as --landmarks l1000",
    });
  const keys = geneKeys(genes);
  const warnings: string[] = [];
  const flags = (["landmarks", "targets"] as const).map((role) => {
    const selection = choices[role];
    const found = selectGenes(selection, genes, keys);
    if (selection.kind === "list")
      warnings.push(...nameWarnings(found, { label: selection.label, sought: selection.entries.length }));
    else if (found.sought !== undefined)
      warnings.push(...nameWarnings(found, { label: "L1000 landmarks", sought: found.sought }));
    return found.flags;
  });
  const [landmark = new Uint8Array(), target = new Uint8Array()] = flags;
  if (choices.landmarks.kind === "rest") for (const gene of target.keys()) landmark[gene] = 1 - (target[gene] ?? 0);
  else if (choices.targets.kind === "rest")
    for (const gene of landmark.keys()) target[gene] = 1 - (landmark[gene] ?? 0);
  for (const [role, selected] of [
    ["landmarks", landmark],
    ["targets", target],
  ] as const) {
    if (selected.includes(1)) continue;
    throw new AppError("usage", {
      what: `no gene is selected by --${role}`,
      got: `${genes.ids.length} genes such as ${genes.ids.slice(0, 3).join(", ")}`,
      advice: `Choose --${role} l1000, rest, meta:FIELD[=VALUE], map:FILE or a gene list that names genes as this file does`,
      examples: warnings,
    });
  }
  return { landmark, target, warnings };
}

function nameWarnings(
  { notFound, several }: SelectedGenes,
  { label, sought }: { readonly label: string; readonly sought: number },
): string[] {
  return [
    ...(notFound.length === 0
      ? []
      : [`${label}: ${notFound.length} of ${sought} entries not found: ${firstOf(notFound)}`]),
    ...(several.length === 0
      ? []
      : [`${label}: several genes for ${several.length} of ${sought} entries, all of them taken: ${firstOf(several)}`]),
  ];
}
