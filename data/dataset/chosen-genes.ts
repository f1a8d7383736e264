import { AppError } from "../../schemas/index.ts";
import { geneKeys } from "../genes/keys.ts";
import type { Axis } from "../source.ts";
import { firstOf } from "./counted.ts";
import { type GeneSelection, selectGenes } from "./selection.ts";

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
    if (selection.kind === "list") warnings.push(...listWarnings(selection, found));
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

function listWarnings(
  { label, entries }: Extract<GeneSelection, { readonly kind: "list" }>,
  { notFound, several }: { readonly notFound: readonly string[]; readonly several: readonly string[] },
): string[] {
  return [
    ...(notFound.length === 0
      ? []
      : [`${label}: ${notFound.length} of ${entries.length} entries not found: ${firstOf(notFound)}`]),
    ...(several.length === 0
      ? []
      : [
          `${label}: several genes for ${several.length} of ${entries.length} entries, all of them taken: ${firstOf(several)}`,
        ]),
  ];
}
