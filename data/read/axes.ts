/**
 * Axes as they come out of a file, checked.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { Axis, MetaColumn } from "../source.ts";

/** A metadata column with its name. */
export type NamedColumn = readonly [name: string, column: MetaColumn];

/** An axis from ids and columns in the file's order; of two columns with one name the first is kept, with a warning. */
export function axisOf(ids: readonly string[], columns: Iterable<NamedColumn>, warnings: string[]): Axis {
  const fields = new Map<string, MetaColumn>();
  for (const [name, column] of columns) {
    if (fields.has(name)) warnings.push(`metadata field "${name}" appears twice; the first one is used`);
    else fields.set(name, column);
  }
  return { ids, fields };
}

/**
 * Refuses a matrix without genes or samples, and sample ids that are blank or not unique: results are told apart by
 * them. Gene ids may repeat (several probes of one gene); the alignment to a model decides about those.
 * @throws AppError `bad-data`
 */
export function checkAxes(label: string, { genes, samples }: { readonly genes: Axis; readonly samples: Axis }): void {
  if (genes.ids.length === 0 || samples.ids.length === 0) {
    throw new AppError("bad-data", {
      what: "the matrix is empty",
      where: label,
      got: `${samples.ids.length} samples and ${genes.ids.length} genes`,
    });
  }
  const unique = new Set(samples.ids);
  if (unique.size === samples.ids.length && !unique.has("")) return;
  const repeated = [...repeatedIds(samples.ids)];
  const blank = unique.has("");
  throw new AppError("bad-data", {
    what: blank ? "sample ids are blank or not unique" : "sample ids are not unique",
    where: label,
    examples: (blank && !repeated.includes("") ? ["", ...repeated] : repeated).map((id) => JSON.stringify(id)),
    advice: "Give every sample an id of its own",
  });
}

function repeatedIds(ids: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) repeated.add(id);
    seen.add(id);
  }
  return repeated;
}
