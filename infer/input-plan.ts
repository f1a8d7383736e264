import { type Alignment, alignLandmarks, checkMissing } from "../data/genes/align.ts";
import type { CohortMap } from "../data/harmonise/cohort.ts";
import type { Axis } from "../data/source.ts";
import type { ExpressionManifest, GeneRecord, InferOptions } from "../schemas/index.ts";
import { furtherLandmarks } from "./further-landmarks.ts";
import { outputGenes } from "./output.ts";

/** How one input goes through a model; plain data, made once and used for all blocks. */
export interface InputPlan {
  /** The input's name in messages. */
  readonly label: string;
  readonly options: InferOptions;
  readonly alignment: Alignment;
  /** Columns of the input that are passed through beside the model's landmarks. */
  readonly furtherColumns: Int32Array;
  /** Genes of the output: landmarks, further landmarks, targets. */
  readonly genes: Axis;
  /** With `harmonise: cohort`: the input's own moments, which a first pass over it has to find ({@link surveyInput}). */
  readonly cohort?: CohortMap;
}

/** An input as its plan needs it. */
export interface PlannedInput {
  readonly genes: Axis;
  readonly label: string;
  readonly options: InferOptions;
}

/**
 * Finds a model's landmarks in an input and lays out the output.
 * @throws AppError `bad-data` for duplicate landmarks where the options refuse them, and when too many are missing
 */
export function planInput(
  { genes: input, label, options }: PlannedInput,
  model: { readonly manifest: ExpressionManifest; readonly genes: readonly GeneRecord[] },
): InputPlan {
  const { manifest, genes } = model;
  const landmarks = genes.slice(0, manifest.landmarks);
  const alignment = alignLandmarks({ landmarks, input, duplicates: options.duplicates, label });
  checkMissing(alignment, options.maxMissing);
  const further = furtherLandmarks(input, genes);
  return {
    label,
    options,
    alignment,
    furtherColumns: Int32Array.from(further, ({ column }) => column),
    genes: outputGenes({ manifest, genes, alignment, further, scale: options.scale }),
  };
}
