/**
 * Which samples of a job's inputs are wanted.
 * @module
 */
import { AppError } from "../schemas/index.ts";
import type { Axis, MetaColumn } from "./source.ts";

/** A choice of samples as the command line says it. */
export type SampleFilterText =
  | { readonly by: "meta"; readonly field: string; readonly value?: string }
  | { readonly by: "list"; readonly path: string };

/** A choice of samples, with the list of a file read in. */
export type SampleFilter =
  | Extract<SampleFilterText, { readonly by: "meta" }>
  | { readonly by: "list"; readonly label: string; readonly ids: readonly string[] };

/** Reads `meta:FIELD`, `meta:FIELD=VALUE` or the path of a list of samples. @throws AppError `usage` for neither */
export function parseSampleFilter(text: string): SampleFilterText {
  if (!text.startsWith("meta:") && text !== "") return { by: "list", path: text };
  const [, field = "", value] = /^meta:([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (field !== "") return { by: "meta", field, ...(value !== undefined && { value }) };
  throw new AppError("usage", {
    what: "not a choice of samples",
    expected: "meta:FIELD, meta:FIELD=VALUE, or the path of a list of sample ids (one a line)",
    got: `"${text}"`,
  });
}

/** A file's samples. */
export interface NamedSamples {
  readonly label: string;
  readonly samples: Axis;
}

/** The samples chosen. */
export interface ChosenSamples {
  /** Rows chosen of each file, ascending. */
  readonly rows: readonly Int32Array[];
  readonly warnings: readonly string[];
}

/**
 * Finds the samples that a filter means; their order stays that of the files. With `meta:FIELD` alone a sample is chosen
 * where the field is 1 or true; with a value, where the text is the same or the number equal.
 * @throws AppError `usage` when no file has the field, or when no sample is chosen
 */
export function chooseSamples(filter: SampleFilter, files: readonly NamedSamples[]): ChosenSamples {
  const chosen = filter.by === "meta" ? byField(filter, files) : byList(filter, files);
  if (chosen.rows.some(({ length }) => length > 0)) return chosen;
  throw new AppError("usage", {
    what: `no sample is chosen by ${describeFilter(filter)}`,
    where: files.map(({ label }) => label).join(", "),
    got: `samples ${files[0]?.samples.ids.slice(0, 3).join(", ")}, …`,
  });
}

/** A filter in words. */
function describeFilter(filter: SampleFilter): string {
  if (filter.by === "list") return `the list ${filter.label}`;
  return `meta:${filter.field}${filter.value === undefined ? "" : `=${filter.value}`}`;
}

function byList({ ids, label }: Extract<SampleFilter, { by: "list" }>, files: readonly NamedSamples[]): ChosenSamples {
  const wanted = new Set(ids);
  const found = new Set<string>();
  const rows = files.map(({ samples }) => {
    const own: number[] = [];
    for (const [row, id] of samples.ids.entries()) {
      if (!wanted.has(id)) continue;
      own.push(row);
      found.add(id);
    }
    return Int32Array.from(own);
  });
  const absent = ids.filter((id) => !found.has(id));
  const shown = `${absent.slice(0, 5).join(", ")}${absent.length > 5 ? ", …" : ""}`;
  const warnings = absent.length === 0 ? [] : [`${absent.length} samples of ${label} are in no input: ${shown}`];
  return { rows, warnings };
}

function byField(
  { field, value }: Extract<SampleFilter, { by: "meta" }>,
  files: readonly NamedSamples[],
): ChosenSamples {
  const without = files.filter(({ samples }) => !samples.fields.has(field));
  if (without.length === files.length) {
    const known = new Set(files.flatMap(({ samples }) => [...samples.fields.keys()]));
    throw new AppError("usage", {
      what: `the samples have no metadata column "${field}"`,
      got: known.size === 0 ? "no columns at all" : `columns ${[...known].join(", ")}`,
      advice: "Choose one of these with meta:FIELD or meta:FIELD=VALUE, or give a list of sample ids",
    });
  }
  const rows = files.map(({ samples }) => {
    const column = samples.fields.get(field);
    const own: number[] = [];
    for (const row of samples.ids.keys()) if (column !== undefined && isMatch(column[row], value)) own.push(row);
    return Int32Array.from(own);
  });
  const warnings = without.map(({ label }) => `${label} has no column "${field}": none of its samples is chosen`);
  return { rows, warnings };
}

function isMatch(cell: MetaColumn[number] | undefined, value: string | undefined): boolean {
  if (typeof cell === "number") return value === undefined ? cell === 1 : value !== "" && cell === Number(value);
  return value === undefined ? /^(1|true)$/i.test(cell ?? "") : cell === value;
}
