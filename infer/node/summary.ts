/**
 * A look at a finished inference: scores of all profiles, and projections of some of them before and after.
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { openExpression } from "../../data/node/open.ts";
import { parseAxisTable } from "../../data/read/axis-table.ts";
import type { Orientation } from "../../data/read/orientation.ts";
import type { Axis, Block, ExpressionSource } from "../../data/source.ts";
import { axisTablePaths, hasAxisTables } from "../../data/write/axis-table.ts";
import { tabbed, tableCell } from "../../data/write/table-cell.ts";
import { AppError, type InferenceSummary, type InferRun, type MatrixFormat } from "../../schemas/index.ts";
import { measuredLandmarks } from "../landmark-rows.ts";
import type { Predictor } from "../predictor.ts";
import { projectProfiles } from "../project-profiles.ts";
import { inputPaths } from "./input-paths.ts";
import { openInputs, readSampleFilter } from "./open-inputs.ts";

/** Profiles that are projected: enough to see groups, and a matter of a second. */
const projectedProfiles = 400;

/** What to look at. */
export interface SummaryOptions {
  readonly model: Predictor;
  /** The inference's own inputs, choice of samples and orientation. */
  readonly inputs: readonly string[];
  readonly samples?: string | undefined;
  readonly orientation?: Orientation | undefined;
  readonly output: string;
  /** The record of the inference. */
  readonly run: InferRun;
  /** Sample field by which profiles are told apart. */
  readonly group?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Refuses a summary of a format that is not read again. @throws AppError `usage` */
export function requireSummarised(format: MatrixFormat): void {
  if (format !== "npy") return;
  throw new AppError("usage", {
    what: "a summary is made from the output, and npy is written only, not read",
    expected: "gctx, zarr, arrow, gct, tsv or csv",
    advice: "Choose such an output, and convert it afterwards",
  });
}

/**
 * Looks at an output and its inputs; memory is that of 400 profiles.
 * @throws AppError `usage` for a group field that is not there, `bad-data` for a table of samples that is not the
 *   output's, and what opening and reading throw
 */
export async function summarise(options: SummaryOptions): Promise<InferenceSummary> {
  const { model, output, run, group, orientation, signal } = options;
  const { plan } = run;
  const filter = options.samples === undefined ? undefined : await readSampleFilter(options.samples);
  const paths = await inputPaths(options.inputs);
  const opened = await openInputs({ model, paths, options: plan.options, filter, orientation, signal });
  await using source = opened.source;
  const isTable = hasAxisTables(plan.options.format);
  await using inferred = await openExpression(output, isTable ? { orientation: "samples" } : {});
  const fields = { label: inferred.label, samples: isTable ? await tableOf(output, inferred) : inferred.samples };
  const total = inferred.samples.ids.length;
  const groups = group === undefined ? undefined : groupsOf(fields, group);
  const rows = spacedRows(total, projectedProfiles);
  const { genes } = model;
  const measure = (block: Block) => measuredLandmarks(block, opened.input, genes).values;
  const before = await readRows(source, rows, { valuesOf: measure, signal });
  const after = await readRows(inferred, rows, { valuesOf: ({ values }) => values, signal });
  const scores = Array.from(numbersOf(fields, "lf_ood"));
  return {
    output: inferred.label,
    model: `${plan.model.name} ${plan.model.version}`,
    profiles: total,
    genes: inferred.genes.ids.length,
    landmarks: { total: run.genes.landmarks, missing: run.genes.missing },
    ood: { scores, outside: scores.filter((score) => score > 1).length },
    lacking: tally(numbersOf(fields, "lf_missing_landmarks")),
    sampled: {
      ids: rows.map((row) => inferred.samples.ids[row] ?? ""),
      ...(groups && { groups: rows.map((row) => groups[row] ?? "") }),
      input: projectProfiles(before, rows.length),
      output: projectProfiles(after, rows.length),
    },
  };
}

/** What is known of the profiles of an output, and its name. */
type SampleFields = Pick<ExpressionSource, "samples" | "label">;

/** The table of samples beside an output. @throws AppError `no-input`, `bad-data` */
async function tableOf(output: string, { samples: { ids } }: ExpressionSource): Promise<Axis> {
  const { samples: path } = axisTablePaths(output);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the output's table cannot be read", where: path, got }, { cause });
  });
  const table = parseAxisTable(text, basename(path));
  const isOfOutput = table.ids.length === ids.length && ids.every((id, i) => tableCell(id, tabbed) === table.ids[i]);
  if (isOfOutput) return table;
  throw new AppError("bad-data", { what: "the table has other samples than the output", where: path });
}

/** At most `most` of `total` rows, evenly spaced, first and last among them. */
function spacedRows(total: number, most: number): readonly number[] {
  if (total <= most) return Array.from({ length: total }, (_, row) => row);
  return Array.from({ length: most }, (_, i) => Math.floor((i * (total - 1)) / (most - 1)));
}

/** Some rows, ascending, `[rows, columns]`: picked one by one where a file is read anywhere, else on one pass. */
async function readRows(
  source: ExpressionSource,
  rows: readonly number[],
  {
    valuesOf,
    signal,
  }: { readonly valuesOf: (block: Block) => Float32Array; readonly signal?: AbortSignal | undefined },
): Promise<Float32Array> {
  const isText = source.format === "gct" || source.format === "tsv" || source.format === "csv";
  const whole = [{ start: 0, end: source.samples.ids.length }];
  const picked: Float32Array[] = [];
  for (const range of isText ? whole : rows.map((row) => ({ start: row, end: row + 1 }))) {
    for await (const block of source.blocks({ ...range, ...(signal && { signal }) })) {
      const values = valuesOf(block);
      const width = values.length / block.rows;
      for (
        let row = rows[picked.length];
        row !== undefined && row < block.start + block.rows;
        row = rows[picked.length]
      )
        picked.push(values.slice((row - block.start) * width, (row - block.start + 1) * width));
    }
  }
  const width = picked[0]?.length ?? 0;
  const joined = new Float32Array(picked.length * width);
  for (const [i, values] of picked.entries()) joined.set(values, i * width);
  return joined;
}

function groupsOf({ samples, label }: SampleFields, field: string): readonly string[] {
  const column = samples.fields.get(field);
  if (column !== undefined)
    return Array.from<string | number, string>(column, (cell) => (Number.isNaN(cell) ? "" : String(cell)));
  throw new AppError("usage", {
    what: `there is no sample field ${field}`,
    where: label,
    expected: [...samples.fields.keys()].join(", "),
  });
}

function numbersOf({ samples, label }: SampleFields, field: string): Float64Array {
  const column = samples.fields.get(field);
  if (column instanceof Float64Array) return column;
  // GCT and tables do not say which of their metadata are numbers.
  if (column !== undefined) return Float64Array.from(column, (cell) => (cell === "" ? Number.NaN : Number(cell)));
  throw new AppError("bad-data", { what: `the output has no numbers ${field}`, where: label });
}

function tally(values: Float64Array): [number, number][] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => a - b);
}
