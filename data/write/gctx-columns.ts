import { AppError } from "../../schemas/index.ts";
import type { Axis, MetaColumn } from "../source.ts";
import { isAscii, transliterate } from "./ascii.ts";
import { numberType, stringType } from "./hdf5/messages.ts";
import { type NumberType, numberBytes, numberColumnBytes, numberTypeOf } from "./number-type.ts";
import { repeatedIds } from "./repeated-ids.ts";

/** One metadata dataset ready to be placed. */
export interface GctxColumn {
  /** HDF5 datatype message. */
  readonly type: Uint8Array;
  readonly itemBytes: number;
  /** Writes all items into the zeroed bytes of the dataset. */
  readonly write: (into: Uint8Array) => void;
  /** Cells that were not ASCII. */
  readonly transliterated: number;
}

/**
 * The columns of an axis by their names in the file: `id`, then its fields. "" becomes "-666"; numbers are int32 when
 * all of them are integers in range (-0 is none), else float64 with NaN for missing; a "/" in a field's name becomes "|", as in
 * cmapPy, because HDF5 takes it for a path. A field `id` must repeat the ids.
 * @param where path of the group, for messages
 * @throws AppError `bad-data` for duplicate, empty or no ids, and for field names that HDF5 cannot hold
 */
export function gctxColumns(axis: Axis, where: string): ReadonlyMap<string, GctxColumn> {
  const ids = checkedIds(axis.ids, where);
  const columns = new Map<string, GctxColumn>([["id", textColumn(ids)]]);
  const faults: string[] = [];
  for (const [field, values] of axis.fields) {
    if (values.length !== ids.length)
      throw new RangeError(`${where}/${field}: ${values.length} of ${ids.length} cells`);
    // L1000 plates as GCT carry their sample ids once more as a field: that is the `id` dataset already.
    if (field === "id" && ids.every((id, i) => id === values[i])) continue;
    const name = transliterate(field).replaceAll("/", "|");
    if (name === "" || name === ".") faults.push(`"${field}" is no name`);
    else if (columns.has(name)) faults.push(`"${field}" is there twice`);
    else columns.set(name, fieldColumn(values));
  }
  if (faults.length === 0) return columns;
  throw new AppError("bad-data", {
    what: "metadata fields cannot be written to a GCTX file",
    where,
    examples: faults,
    advice: "Rename or drop these fields",
  });
}

function checkedIds(ids: readonly string[], where: string): readonly string[] {
  if (ids.length === 0) throw new AppError("bad-data", { what: "nothing to write: the axis has no ids", where });
  const written = ids.every(isAscii) ? ids : ids.map(transliterate);
  const repeated = repeatedIds(written);
  const empty = written.indexOf("");
  if (repeated.length === 0 && empty < 0) return ids;
  throw new AppError("bad-data", {
    what: empty < 0 ? `${repeated.length} ids are there more than once` : `id ${empty + 1} is empty`,
    where: `${where}/id`,
    expected: "ids that differ from each other in ASCII",
    examples: repeated,
    advice: "Make the ids unique",
  });
}

const fieldColumn = (values: MetaColumn): GctxColumn =>
  values instanceof Float64Array ? numberColumn(values) : textColumn(values);

/** Fixed-length ASCII, as wide as the longest cell: two passes over the cells, no copy of them. */
function textColumn(cells: readonly string[]): GctxColumn {
  let width = 1;
  let transliterated = 0;
  for (const cell of cells) {
    const ascii = cellText(cell);
    if (ascii.length > width) width = ascii.length;
    if (cell !== "" && ascii !== cell) transliterated++;
  }
  const write = (into: Uint8Array): void => {
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] ?? "";
      const ascii = transliterated === 0 && cell !== "" ? cell : cellText(cell);
      for (let j = 0, at = i * width; j < ascii.length; j++, at++) into[at] = ascii.charCodeAt(j);
    }
  };
  return { type: stringType(width), itemBytes: width, write, transliterated };
}

const cellText = (cell: string): string => (cell === "" ? "-666" : transliterate(cell));

function numberColumn(values: Float64Array): GctxColumn {
  const type = numberTypeOf(values);
  const write = (into: Uint8Array): void => into.set(numberColumnBytes(values, type));
  return { type: numberType[type], itemBytes: numberBytes[type], write, transliterated: 0 };
}

/** A column whose cells are zero until they are written later, at the place the layout tells. */
export function reservedColumn(type: NumberType): GctxColumn {
  return { type: numberType[type], itemBytes: numberBytes[type], write: () => undefined, transliterated: 0 };
}
