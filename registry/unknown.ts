import { AppError } from "../schemas/index.ts";
import { closestFirst } from "./closest.ts";

/** Names shown of those that exist. */
const shown = 8;

/** What was asked for, and what there is. */
export interface Unknown {
  /** `model`, `version of ridge`, … */
  readonly what: string;
  readonly where: string;
  readonly wanted: string;
  readonly known: readonly string[];
  readonly advice?: string;
}

/** AppError `unknown-model` that tells what exists, the most similar names first. */
export function unknownModel({ what, where, wanted, known, advice }: Unknown): AppError {
  const more = known.length > shown ? `, … (${known.length} in all)` : "";
  const expected = known.length === 0 ? undefined : `${closestFirst(wanted, known).slice(0, shown).join(", ")}${more}`;
  return new AppError("unknown-model", {
    what: `no such ${what}${known.length === 0 ? ": there is none" : ""}`,
    where,
    ...(expected !== undefined && { expected }),
    got: wanted,
    ...(advice !== undefined && { advice }),
  });
}
