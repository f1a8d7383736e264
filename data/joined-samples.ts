import { AppError } from "../schemas/index.ts";
import type { Axis, MetaColumn } from "./source.ts";

/** The samples of one file, and which of them are taken. */
export interface SamplesPart {
  readonly label: string;
  readonly samples: Axis;
  /** Ascending; all by default. */
  readonly rows?: Int32Array | undefined;
}

/** Name of the column that says which file a sample comes from, where there are several. */
export const inputField = "lf_input";

/**
 * The samples of several files as one axis. Ids stay as they are, so none may occur twice. Columns are joined by name,
 * in the order of their first appearance: a file without one leaves it empty, and one that is text in any file is text
 * in all. Of several files, the column {@link inputField} names the file of each sample.
 * @throws AppError `bad-data` naming the ids that occur twice, with their files
 */
export function joinSamples(parts: readonly SamplesPart[]): Axis {
  const ids = parts.flatMap(({ samples, rows }) => pick(samples.ids, rows));
  refuseRepeated(ids, parts);
  const names = new Set(parts.flatMap(({ samples }) => [...samples.fields.keys()]));
  const fields = new Map<string, MetaColumn>();
  for (const name of names) fields.set(name, joinColumn(name, parts, ids.length));
  if (parts.length > 1) {
    fields.set(
      inputField,
      parts.flatMap((part) => Array.from({ length: sampleCount(part) }, () => part.label)),
    );
  }
  return { ids, fields };
}

function sampleCount({ samples, rows }: SamplesPart): number {
  return rows?.length ?? samples.ids.length;
}

function pick(values: readonly string[], rows: Int32Array | undefined): readonly string[] {
  return rows === undefined ? values : Array.from(rows, (row) => values[row] ?? "");
}

function refuseRepeated(ids: readonly string[], parts: readonly SamplesPart[]): void {
  if (new Set(ids).size === ids.length) return;
  const files = new Map<string, string[]>();
  for (const { label, samples, rows } of parts)
    for (const id of pick(samples.ids, rows)) files.set(id, [...(files.get(id) ?? []), label]);
  const repeated = [...files].filter(([, labels]) => labels.length > 1);
  throw new AppError("bad-data", {
    what: `${repeated.length} sample ids occur in more than one input`,
    examples: repeated.map(([id, labels]) => `${id} in ${labels.join(" and ")}`),
    advice: "Leave out the files that hold the same samples, or give the samples ids of their own",
  });
}

function joinColumn(name: string, parts: readonly SamplesPart[], total: number): MetaColumn {
  const columns = parts.map((part) => ({ part, column: part.samples.fields.get(name) }));
  if (columns.every(({ column }) => column === undefined || column instanceof Float64Array)) {
    const numbers = new Float64Array(total).fill(Number.NaN);
    let at = 0;
    for (const { part, column } of columns) {
      const count = sampleCount(part);
      for (let i = 0; i < count; i += 1) numbers[at + i] = Number(column?.[part.rows?.[i] ?? i] ?? Number.NaN);
      at += count;
    }
    return numbers;
  }
  return columns.flatMap(({ part, column }) =>
    Array.from({ length: sampleCount(part) }, (_, i) => textOf(column?.[part.rows?.[i] ?? i])),
  );
}

/** A cell as text: a missing number is an empty cell. */
function textOf(cell: string | number | undefined): string {
  return cell === undefined || Number.isNaN(cell) ? "" : String(cell);
}
