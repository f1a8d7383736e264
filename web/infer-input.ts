/**
 * From an open input to inferred profiles, block by block: what is done lies in blobs, which a browser keeps on disk
 * when they are many, so that memory does not grow with the number of profiles.
 * @module
 */
import { betweenBlocks } from "../data/read/between-blocks.ts";
import type { Axis, ExpressionSource } from "../data/source.ts";
import { gctxLayout } from "../data/write/gctx-layout.ts";
import { choiceAttributes } from "../infer/choice-attributes.ts";
import type { InputPlan } from "../infer/input-plan.ts";
import { inferredFields, outputAttributes } from "../infer/output.ts";
import type { InferChoices, Prediction, Predictor } from "../infer/predictor.ts";
import { surveyInput } from "../infer/survey.ts";
import type { OnProgress } from "../schemas/index.ts";
import { sha256Hex } from "./sha256.ts";

/** Inferred profiles. */
export interface InferredMatrix {
  /** Landmarks, further measured landmarks, targets, with the metadata columns of an output file. */
  readonly genes: Axis;
  /** As in the input. */
  readonly samples: Axis;
  /** Little-endian float32 `[samples, genes]`, row-major. */
  readonly matrix: Blob;
  /** What precedes `matrix` in a GCTX file. */
  readonly gctxHeader: Blob;
  /** `[samples]`; above 1 is outside what 99 % of held-out training profiles show. */
  readonly ood: Float32Array;
  /** Landmarks that each profile lacked, `[samples]`. */
  readonly missing: Int32Array;
  readonly warnings: readonly string[];
  /** From the first block to the last. */
  readonly seconds: number;
}

/** What can be chosen here: all profiles are inferred, and stored as they are, in one form for every download. */
export type WebChoices = Omit<InferChoices, "format" | "samples" | "storage" | "round">;

/** How an input is inferred. */
export interface InferInputOptions {
  readonly predictor: Predictor;
  readonly choices?: WebChoices;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Output values of a block: small enough for a bar that moves and a cancel button that answers. */
const outputBytesLimit = 16 * 2 ** 20;
const mostBlockRows = 256;

/**
 * Infers all profiles of an input.
 * @throws AppError `bad-data`, `scale-mismatch` and `internal` as the batch pipeline does, `cancelled`
 */
export async function inferInput(source: ExpressionSource, options: InferInputOptions): Promise<InferredMatrix> {
  const { predictor, choices = {}, signal, onProgress } = options;
  const { genes: modelGenes, manifest } = predictor;
  const { label, samples } = source;
  const planned = predictor.prepareInput(source.genes, { label, options: choices });
  const survey = await surveyInput(source, planned, { manifest, genes: modelGenes, signal, onProgress });
  const plan: InputPlan = survey.cohort === undefined ? planned : { ...planned, cohort: survey.cohort };
  const total = samples.ids.length;
  const ood = new Float32Array(total);
  const missing = new Int32Array(total);
  const parts: Blob[] = [];
  const turn = betweenBlocks(signal, label);
  const startedMs = performance.now();
  for await (const block of source.blocks({ blockRows: blockRows(plan), ...(signal && { signal }) })) {
    const prediction = await predictor.run(block, plan);
    ood.set(prediction.ood, block.start);
    missing.set(prediction.missing, block.start);
    parts.push(new Blob([joinedRows(prediction, plan.genes.ids.length)]));
    onProgress?.({ phase: "infer", done: block.start + block.rows, total, unit: "profiles" });
    await turn();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const attributes = await attributesOf(predictor, plan);
  const header = gctxHeader({ genes: plan.genes, samples, attributes, ood, missing });
  return {
    genes: plan.genes,
    samples,
    matrix: new Blob(parts),
    gctxHeader: new Blob([header]),
    ood,
    missing,
    warnings: survey.warnings,
    seconds,
  };
}

function blockRows({ genes }: InputPlan): number {
  return Math.max(1, Math.min(mostBlockRows, Math.floor(outputBytesLimit / (4 * genes.ids.length))));
}

/** The parts of every row end to end as little-endian bytes, `[rows, width]`. */
function joinedRows({ rows, measured, further, targets }: Prediction, width: number): Uint8Array<ArrayBuffer> {
  const joined = new Float32Array(rows * width);
  let column = 0;
  for (const values of [measured, further, targets]) {
    const columns = values.length / rows;
    for (let row = 0; row < rows; row += 1) {
      joined.set(values.subarray(row * columns, (row + 1) * columns), row * width + column);
    }
    column += columns;
  }
  return new Uint8Array(joined.buffer);
}

/** Root attributes: by what the profiles were inferred. */
async function attributesOf(
  { manifest, precision, columns }: Predictor,
  { options, quantile }: InputPlan,
): Promise<Readonly<Record<string, string>>> {
  const columnsSha256 = columns === undefined ? undefined : await sha256Hex(new TextEncoder().encode(columns));
  return {
    ...outputAttributes(manifest, options),
    ...choiceAttributes({ precision, columnsSha256, quantileRanks: quantile?.ranks }),
  };
}

/** The header of the GCTX file that the batch pipeline would write: same genes, same fields, same attributes. */
function gctxHeader({
  genes,
  samples,
  attributes,
  ood,
  missing,
}: Pick<InferredMatrix, "genes" | "samples" | "ood" | "missing"> & {
  readonly attributes: Readonly<Record<string, string>>;
}): Uint8Array<ArrayBuffer> {
  const { header, columns } = gctxLayout({ genes, samples, reserved: inferredFields, attributes });
  const bytes = Uint8Array.from(header);
  const view = new DataView(bytes.buffer);
  const fill = (name: (typeof inferredFields)[number]["name"], write: (at: number, sample: number) => void): void => {
    const span = columns.get(name);
    if (span === undefined) throw new Error(`the layout has no column ${name}`);
    for (let i = 0; i < ood.length; i += 1) write(span.offset + i * span.itemBytes, i);
  };
  fill("lf_ood", (at, i) => view.setFloat32(at, ood[i] ?? Number.NaN, true));
  fill("lf_missing_landmarks", (at, i) => view.setInt32(at, missing[i] ?? 0, true));
  return bytes;
}
