import { AppError } from "../../schemas/index.ts";
import type { Axis, MetaColumn } from "../source.ts";
import { repeatedIds } from "./repeated-ids.ts";

/** A metadata column with the name that it is written under. */
export type WrittenColumn = readonly [name: string, column: MetaColumn];

/**
 * Ids and fields of an axis in the order in which to write them, `id` first. A field `id` that repeats the ids is that
 * column already; a "/" becomes "|", as in GCTX, for Zarr takes it for a path.
 * @param reserved fields that are written later, instead of those of the same name
 * @throws AppError `bad-data` for duplicate, empty or no ids, and for field names that cannot be told apart or are none
 */
export function axisColumns(
  { ids, fields }: Axis,
  { where, reserved = [] }: { readonly where: string; readonly reserved?: readonly string[] },
): readonly WrittenColumn[] {
  checkIds(ids, where);
  const columns = new Map<string, MetaColumn>([["id", ids]]);
  const faults: string[] = [];
  for (const [field, values] of fields) {
    if (values.length !== ids.length)
      throw new RangeError(`${where}, ${field}: ${values.length} of ${ids.length} cells`);
    if (reserved.includes(field) || (field === "id" && ids.every((id, i) => id === values[i]))) continue;
    const name = field.replaceAll("/", "|");
    if (/^\.*$/.test(name) || name.startsWith("__")) faults.push(`"${field}" is no name`);
    else if (columns.has(name)) faults.push(`"${field}" is there twice`);
    else columns.set(name, values);
  }
  if (faults.length === 0) return [...columns];
  throw new AppError("bad-data", {
    what: "metadata fields cannot be written",
    where,
    examples: faults,
    advice: "Rename or drop these fields",
  });
}

function checkIds(ids: readonly string[], where: string): void {
  if (ids.length === 0) throw new AppError("bad-data", { what: "nothing to write: the axis has no ids", where });
  const repeated = repeatedIds(ids);
  const empty = ids.indexOf("");
  if (repeated.length === 0 && empty < 0) return;
  throw new AppError("bad-data", {
    what: empty < 0 ? `${repeated.length} ids are there more than once` : `id ${empty + 1} is empty`,
    where,
    examples: repeated,
    advice: "Make the ids unique",
  });
}
