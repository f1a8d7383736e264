import type { Axis } from "../data/source.ts";
import { AppError, type InferOptions } from "../schemas/index.ts";
import { memorySource } from "./memory-source.ts";
import type { Prediction, Predictor } from "./predictor.ts";
import { surveyInput } from "./survey.ts";

/** Profiles in memory, and how to infer them. */
export interface InMemoryInput {
  /** Gene ids, or an axis with metadata columns by which genes can be found (`pr_gene_id`, `ensembl`, …). */
  readonly genes: readonly string[] | Axis;
  /** `[samples, genes]`, NaN = missing: row-major, or a list of profiles. */
  readonly values: Float32Array | readonly (readonly number[])[];
  /** `1`, `2`, … by default. */
  readonly samples?: readonly string[] | Axis;
  readonly options?: Partial<InferOptions>;
  readonly signal?: AbortSignal;
}

/** Inferred profiles. */
export interface Predicted {
  /** Landmarks, further measured landmarks, targets, with the metadata columns of an output file. */
  readonly genes: Axis;
  readonly samples: readonly string[];
  /** `[samples, genes]` */
  readonly values: Float32Array;
  /** `[samples]`; above 1 is outside what 99 % of held-out training profiles show. */
  readonly ood: Float32Array;
  /** Landmarks that each profile lacked, `[samples]`. */
  readonly missing: Int32Array;
  readonly warnings: readonly string[];
}

const label = "input";

/** Infers profiles in memory: see {@link Predictor.predict}. */
export async function predictInMemory(predictor: Predictor, input: InMemoryInput): Promise<Predicted> {
  const { genes, values, options = {}, signal } = input;
  const axis = axisOf(genes);
  const matrix = values instanceof Float32Array ? values : flatten(values, axis.ids.length);
  const rows = Math.round(matrix.length / Math.max(1, axis.ids.length));
  const samples = axisOf(input.samples ?? Array.from({ length: rows }, (_, i) => String(i + 1)));
  const source = memorySource({ genes: axis, samples, values: matrix, label });
  const planned = predictor.prepareInput(axis, { label, options });
  const { manifest } = predictor;
  const { warnings, cohort } = await surveyInput(source, planned, { manifest, genes: predictor.genes, signal });
  const plan = cohort === undefined ? planned : { ...planned, cohort };
  const width = plan.genes.ids.length;
  const result = {
    genes: plan.genes,
    samples: samples.ids,
    values: new Float32Array(rows * width),
    ood: new Float32Array(rows),
    missing: new Int32Array(rows),
    warnings,
  };
  for await (const block of source.blocks(signal && { signal })) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "the inference was cancelled" });
    const prediction = await predictor.run(block, plan);
    interleave(prediction, result.values.subarray(block.start * width));
    result.ood.set(prediction.ood, block.start);
    result.missing.set(prediction.missing, block.start);
  }
  return result;
}

const axisOf = (ids: readonly string[] | Axis): Axis => ("ids" in ids ? ids : { ids, fields: new Map() });

/** @throws AppError `bad-data` naming the profiles of another length */
function flatten(profiles: readonly (readonly number[])[], genes: number): Float32Array {
  const wrong = profiles.flatMap(({ length }, i) => (length === genes ? [] : [`profile ${i + 1}: ${length} values`]));
  if (wrong.length > 0)
    throw new AppError("bad-data", {
      what: "profiles are not as long as the list of genes",
      where: label,
      expected: `${genes} values each`,
      examples: wrong,
    });
  const flat = new Float32Array(profiles.length * genes);
  for (const [i, profile] of profiles.entries()) flat.set(profile, i * genes);
  return flat;
}

/** Puts the parts of every row end to end, as an output file has them. */
function interleave({ rows, measured, further, targets }: Prediction, into: Float32Array): void {
  const parts = [measured, further, targets].map((values) => ({ values, width: values.length / rows }));
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    for (const { values, width } of parts) {
      into.set(values.subarray(row * width, (row + 1) * width), at);
      at += width;
    }
  }
}
