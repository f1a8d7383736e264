import { AppError } from "../../schemas/index.ts";
import type { Axis, MetaColumn } from "../source.ts";
import { counted } from "./counted.ts";

/** Axes of one input file, and the name that its rows go by. */
export interface CohortAxes {
  readonly cohort: string;
  /** What messages call the file. */
  readonly label: string;
  readonly genes: Axis;
  readonly samples: Axis;
}

/** The genes that every cohort has. */
export interface SharedGenes {
  /** Order and metadata of the first cohort; ids are distinct. */
  readonly axis: Axis;
  /** Columns of each gene in each cohort's file: `[cohorts][genes][columns ≥ 1]`. */
  readonly columns: readonly (readonly (readonly number[])[])[];
  /** How each cohort's columns were found: by row id, or by what a map says; the columns of `probe` are averaged. */
  readonly by: readonly ("id" | "probe" | "gene")[];
  /** What the cohorts lack, in words. */
  readonly warnings: readonly string[];
}

/**
 * Intersects the genes of all cohorts by their ids, which are compared as they are.
 * @throws AppError `bad-data` when no gene is in all of them.
 */
export function shareGenes(cohorts: readonly CohortAxes[]): SharedGenes {
  const columnsById = cohorts.map(({ genes }) => {
    const columns = new Map<string, number[]>();
    genes.ids.forEach((id, column) => {
      const known = columns.get(id);
      if (known === undefined) columns.set(id, [column]);
      else known.push(column);
    });
    return columns;
  });
  const [first] = columnsById;
  const ids = [...(first?.keys() ?? [])].filter((id) => columnsById.every((columns) => columns.has(id)));
  if (ids.length === 0)
    throw new AppError("bad-data", {
      what: "the cohorts have no gene in common",
      expected: "the same kind of gene ids in every file",
      examples: cohorts.map(({ label, genes }) => `${label} has ${genes.ids.slice(0, 3).join(", ")}`),
      advice: "Bring all files to one kind of gene ids first, or give maps with --gene-map",
    });
  const rows = ids.map((id) => first?.get(id)?.[0] ?? 0);
  return {
    axis: { ids, fields: pickFields(cohorts[0]?.genes.fields ?? new Map(), rows) },
    columns: columnsById.map((columns) => ids.map((id) => columns.get(id) ?? [])),
    by: cohorts.map(() => "id"),
    warnings: cohorts.flatMap(({ cohort }, index) => {
      const lost = (columnsById[index]?.size ?? 0) - ids.length;
      return lost === 0 ? [] : [`${counted(lost, "gene")} of ${cohort} not in every cohort: left out`];
    }),
  };
}

/** The cells of some rows of every metadata column. */
export function pickFields(fields: Axis["fields"], rows: readonly number[]): Map<string, MetaColumn> {
  const picked = new Map<string, MetaColumn>();
  for (const [name, column] of fields)
    picked.set(
      name,
      column instanceof Float64Array
        ? Float64Array.from(rows, (row) => column[row] ?? Number.NaN)
        : rows.map((row) => column[row] ?? ""),
    );
  return picked;
}

/**
 * Puts the samples of all cohorts one after the other; a metadata column that a cohort lacks is missing there.
 * @throws AppError `bad-data` when a sample id occurs twice.
 */
export function joinSamples(cohorts: readonly CohortAxes[]): Axis {
  const ids = cohorts.flatMap(({ samples }) => samples.ids);
  checkDistinct(ids);
  const names = new Set(cohorts.flatMap(({ samples }) => [...samples.fields.keys()]));
  const fields = new Map<string, MetaColumn>();
  for (const name of names) fields.set(name, joinColumn(cohorts, name));
  fields.set(
    "lf_cohort",
    cohorts.flatMap(({ cohort, samples }) => samples.ids.map(() => cohort)),
  );
  return { ids, fields };
}

/** Text and numbers under one name become text. */
function joinColumn(cohorts: readonly CohortAxes[], name: string): MetaColumn {
  const columns = cohorts.map(({ samples }) => ({ column: samples.fields.get(name), rows: samples.ids.length }));
  const numeric = columns.every(({ column }) => column === undefined || column instanceof Float64Array);
  if (!numeric)
    return columns.flatMap(({ column, rows }) => Array.from({ length: rows }, (_, row) => cellText(column, row)));
  const joined = new Float64Array(columns.reduce((sum, { rows }) => sum + rows, 0)).fill(Number.NaN);
  let start = 0;
  for (const { column, rows } of columns) {
    if (column instanceof Float64Array) joined.set(column, start);
    start += rows;
  }
  return joined;
}

/** A metadata cell as text; "" where it is missing. */
export function cellText(column: MetaColumn | undefined, row: number): string {
  const cell = column?.[row];
  return cell === undefined || Number.isNaN(cell) ? "" : String(cell);
}

function checkDistinct(ids: readonly string[]): void {
  const seen = new Set<string>();
  const repeated = new Set(ids.filter((id) => seen.size === seen.add(id).size));
  if (repeated.size === 0) return;
  throw new AppError("bad-data", {
    what: `${counted(repeated.size, "sample id")} in several places`,
    expected: "every sample once, over all inputs",
    examples: [...repeated],
    advice: "Take the repeated samples out of all inputs but one",
  });
}
