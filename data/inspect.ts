import type { IdType, MatrixFormat, OnProgress } from "../schemas/index.ts";
import type { OpenReference } from "./genes/gene-reference.ts";
import { type GeneReport, reportGenes } from "./genes/gene-report.ts";
import { identifyIds } from "./genes/identify.ts";
import { geneKeys, type KeyColumn } from "./genes/keys.ts";
import { mangledIds } from "./genes/mangled.ts";
import { detectScale, type ScaleGuess } from "./scale/detect.ts";
import type { Axis, ExpressionSource, MetaColumn } from "./source.ts";

/** Rows that the scale is guessed from, evenly spaced over the file. */
const scaleRows = 64;
const exampleCount = 3;
/** What every list of names is cut to; the counts beside them are complete. */
const listed = 20;

/** A metadata column with a few of its values. */
export interface ColumnSummary {
  readonly field: string;
  readonly type: "text" | "number";
  readonly missing: number;
  /** Different values, missing left out. */
  readonly distinct: number;
  readonly examples: readonly string[];
}

/** Names found, all of them counted and the first ones listed. */
export interface Found {
  readonly count: number;
  readonly first: readonly string[];
}

/** What an expression file holds. */
export interface Inspection {
  readonly file: string;
  readonly format: MatrixFormat;
  readonly samples: {
    readonly count: number;
    readonly first: readonly string[];
    readonly columns: readonly ColumnSummary[];
  };
  readonly genes: {
    readonly count: number;
    readonly first: readonly string[];
    readonly idType: IdType;
    readonly columns: readonly ColumnSummary[];
    /** Metadata columns with identifiers. */
    readonly keys: readonly KeyColumn[];
    readonly duplicates: Found;
    /** Ids that a spreadsheet turned into dates or numbers. */
    readonly mangled: Found;
    /** What the reference makes of them, where one was given. */
    readonly human?: GeneReport;
  };
  readonly values: {
    readonly missing: number;
    readonly infinite: number;
    /** Smallest and largest finite value; absent where there is none. */
    readonly range?: readonly [number, number];
    /** Samples and genes without a single value. */
    readonly emptySamples: Found;
    readonly emptyGenes: Found;
  };
  /** Absent where there is no value. */
  readonly scale?: ScaleGuess;
  readonly warnings: readonly string[];
}

/** How a file is looked at. */
export interface InspectHow {
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** Names of human genes, to recognise the file's; absent: they are only told by their form. */
  readonly reference?: OpenReference;
}

/**
 * Reads a whole expression file once and says what it holds.
 * @throws AppError as the source's `blocks` does
 */
export async function inspectSource(
  source: ExpressionSource,
  { onProgress, signal, reference }: InspectHow = {},
): Promise<Inspection> {
  const { genes, samples } = source;
  const tally = new ValueTally(samples.ids.length, genes.ids.length);
  for await (const { start, rows, values } of source.blocks(signal === undefined ? {} : { signal })) {
    tally.add({ start, rows, values });
    onProgress?.({ phase: "inspect", done: start + rows, total: samples.ids.length, unit: "profiles" });
  }
  const keys = geneKeys(genes);
  const scale = guessScale(tally, genes.ids.length);
  return {
    file: source.label,
    format: source.format,
    samples: { count: samples.ids.length, first: samples.ids.slice(0, exampleCount), columns: columnsOf(samples) },
    genes: {
      count: genes.ids.length,
      first: genes.ids.slice(0, exampleCount),
      idType: identifyIds(genes.ids),
      columns: columnsOf(genes),
      keys: keys.columns,
      duplicates: found(duplicatesOf(genes.ids)),
      mangled: found(mangledIds(genes.ids)),
      ...(reference && { human: reportGenes(genes, reference()) }),
    },
    values: {
      missing: tally.missing,
      infinite: tally.infinite,
      ...(tally.min <= tally.max ? { range: [tally.min, tally.max] as const } : {}),
      emptySamples: found(samples.ids.filter((_, row) => tally.rowCounts[row] === 0)),
      emptyGenes: found(genes.ids.filter((_, gene) => tally.geneCounts[gene] === 0)),
    },
    ...(scale === undefined ? {} : { scale }),
    warnings: source.warnings,
  };
}

/** Counts over all values, and a sample of rows for the scale. */
class ValueTally {
  missing = 0;
  infinite = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** Present values per sample and per gene. */
  readonly rowCounts: Int32Array;
  readonly geneCounts: Int32Array;
  readonly #sampleStep: number;
  readonly sampled: Float32Array;
  sampledRows = 0;

  constructor(samples: number, genes: number) {
    this.rowCounts = new Int32Array(samples);
    this.geneCounts = new Int32Array(genes);
    this.#sampleStep = Math.max(1, Math.ceil(samples / scaleRows));
    this.sampled = new Float32Array(Math.ceil(samples / this.#sampleStep) * genes);
  }

  add({ start, rows, values }: { readonly start: number; readonly rows: number; readonly values: Float32Array }): void {
    const genes = this.geneCounts.length;
    for (let row = 0; row < rows; row += 1) {
      const profile = values.subarray(row * genes, (row + 1) * genes);
      this.rowCounts[start + row] = this.#count(profile);
      if ((start + row) % this.#sampleStep !== 0) continue;
      this.sampled.set(profile, this.sampledRows * genes);
      this.sampledRows += 1;
    }
  }

  /** Counts a profile's values and returns how many are present. */
  #count(profile: Float32Array): number {
    let present = 0;
    for (let gene = 0; gene < profile.length; gene += 1) {
      const value = profile[gene] as number;
      if (Number.isNaN(value)) continue;
      present += 1;
      this.geneCounts[gene] = (this.geneCounts[gene] as number) + 1;
      if (!Number.isFinite(value)) this.infinite += 1;
      else {
        if (value < this.min) this.min = value;
        if (value > this.max) this.max = value;
      }
    }
    this.missing += profile.length - present;
    return present;
  }
}

/** The scale of the sampled rows; infinities are no evidence. */
function guessScale({ sampled, sampledRows }: ValueTally, genes: number): ScaleGuess | undefined {
  const values = sampled.subarray(0, sampledRows * genes).map((x) => (Number.isFinite(x) ? x : Number.NaN));
  return values.every(Number.isNaN) ? undefined : detectScale({ values, rows: sampledRows, genes });
}

function columnsOf({ fields }: Axis): ColumnSummary[] {
  return Array.from(fields, ([field, column]) => {
    const text = textOf(column);
    const distinct = new Set(text);
    distinct.delete("");
    return {
      field,
      type: column instanceof Float64Array ? "number" : "text",
      missing: text.filter((value) => value === "").length,
      distinct: distinct.size,
      examples: Array.from(distinct).slice(0, exampleCount),
    };
  });
}

function textOf(column: MetaColumn): readonly string[] {
  return column instanceof Float64Array
    ? Array.from(column, (value) => (Number.isNaN(value) ? "" : String(value)))
    : column;
}

function duplicatesOf(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const id of ids) (seen.has(id) ? again : seen).add(id);
  return Array.from(again);
}

function found(names: readonly string[]): Found {
  return { count: names.length, first: names.slice(0, listed) };
}
