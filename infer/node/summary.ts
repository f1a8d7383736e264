/**
 * A look at a finished inference: scores of all profiles, and projections of some of them before and after.
 * @module
 */
import { openExpression } from "../../data/node/open.ts";
import type { Orientation } from "../../data/read/orientation.ts";
import type { Block, ExpressionSource } from "../../data/source.ts";
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

/** Refuses a summary of a format that does not keep the scores of profiles. @throws AppError `usage` */
export function requireSummarised(format: MatrixFormat): void {
  if (format === "gctx" || format === "zarr" || format === "arrow" || format === "gct") return;
  throw new AppError("usage", {
    what: `a summary needs the scores of profiles, which ${format} does not keep`,
    expected: "gctx, zarr, arrow or gct",
    advice: "Choose such an output, and convert it afterwards",
  });
}

/**
 * Looks at an output and its inputs; memory is that of 400 profiles.
 * @throws AppError `usage` for a group field that is not there, and what opening and reading throw
 */
export async function summarise(options: SummaryOptions): Promise<InferenceSummary> {
  const { model, output, run, group, orientation, signal } = options;
  const { plan } = run;
  const filter = options.samples === undefined ? undefined : await readSampleFilter(options.samples);
  const paths = await inputPaths(options.inputs);
  const opened = await openInputs({ model, paths, options: plan.options, filter, orientation, signal });
  await using source = opened.source;
  await using inferred = await openExpression(output);
  const total = inferred.samples.ids.length;
  const groups = group === undefined ? undefined : groupsOf(inferred, group);
  const rows = spacedRows(total, projectedProfiles);
  const { genes } = model;
  const measure = (block: Block) => measuredLandmarks(block, opened.input, genes).values;
  const before = await readRows(source, rows, { valuesOf: measure, signal });
  const after = await readRows(inferred, rows, { valuesOf: ({ values }) => values, signal });
  const scores = Array.from(numbersOf(inferred, "lf_ood"));
  return {
    output: inferred.label,
    model: `${plan.model.name} ${plan.model.version}`,
    profiles: total,
    genes: inferred.genes.ids.length,
    landmarks: { total: run.genes.landmarks, missing: run.genes.missing },
    ood: { scores, outside: scores.filter((score) => score > 1).length },
    lacking: tally(numbersOf(inferred, "lf_missing_landmarks")),
    sampled: {
      ids: rows.map((row) => inferred.samples.ids[row] ?? ""),
      ...(groups && { groups: rows.map((row) => groups[row] ?? "") }),
      input: projectProfiles(before, rows.length),
      output: projectProfiles(after, rows.length),
    },
  };
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

function groupsOf({ samples, label }: ExpressionSource, field: string): readonly string[] {
  const column = samples.fields.get(field);
  if (column !== undefined)
    return Array.from<string | number, string>(column, (cell) => (Number.isNaN(cell) ? "" : String(cell)));
  throw new AppError("usage", {
    what: `there is no sample field ${field}`,
    where: label,
    expected: [...samples.fields.keys()].join(", "),
  });
}

function numbersOf({ samples, label }: ExpressionSource, field: string): Float64Array {
  const column = samples.fields.get(field);
  if (column instanceof Float64Array) return column;
  // GCT does not say which of its metadata are numbers.
  if (column !== undefined) return Float64Array.from(column, (cell) => (cell === "" ? Number.NaN : Number(cell)));
  throw new AppError("bad-data", { what: `the output has no numbers ${field}`, where: label });
}

function tally(values: Float64Array): [number, number][] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => a - b);
}
