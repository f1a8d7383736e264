import { type Alignment, alignLandmarks, checkMissing } from "../data/genes/align.ts";
import type { OpenReference } from "../data/genes/gene-reference.ts";
import type { CohortMap } from "../data/harmonise/cohort.ts";
import type { Axis } from "../data/source.ts";
import type { ExpressionManifest, GeneRecord, InferOptions } from "../schemas/index.ts";
import { furtherLandmarks } from "./further-landmarks.ts";
import { outputGenes } from "./output.ts";
import { type QuantileMapping, quantileMapping } from "./quantile-map.ts";

/** How one input goes through a model; plain data, made once and used for all blocks. */
export interface InputPlan extends QuantileMapping {
  /** The input's name in messages. */
  readonly label: string;
  readonly options: InferOptions;
  readonly alignment: Alignment;
  /** Columns of the input that are passed through beside the model's landmarks. */
  readonly furtherColumns: Int32Array;
  /** What a user should know of how the landmarks were found. */
  readonly warnings: readonly string[];
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

/** The model that an input is planned for. */
export interface PlannedModel {
  readonly manifest: ExpressionManifest;
  /** Landmarks, then targets. */
  readonly genes: readonly GeneRecord[];
  /** The same before targets were chosen; absent: none were. */
  readonly allGenes?: readonly GeneRecord[] | undefined;
  /** Names of human genes, by which landmarks are found that the input calls otherwise; absent: only the model's names. */
  readonly reference?: OpenReference | undefined;
}

/**
 * Finds a model's landmarks in an input and lays out the output.
 * @throws AppError `bad-data` for duplicate landmarks where the options refuse them, and when too many are missing
 */
export function planInput({ genes: input, label, options }: PlannedInput, model: PlannedModel): InputPlan {
  const { manifest, genes, allGenes = genes, reference } = model;
  const landmarks = genes.slice(0, manifest.landmarks);
  const alignment = alignLandmarks({ landmarks, input, duplicates: options.duplicates, label, reference });
  checkMissing(alignment, options.maxMissing);
  const further = furtherLandmarks(input, genes, reference);
  const mapping = quantileMapping({ input, label, options, alignment }, { manifest, genes: allGenes });
  return {
    label,
    options,
    alignment,
    warnings: [...alignmentWarnings(alignment), ...(mapping.landmarksAlone ? [mapping.landmarksAlone] : [])],
    furtherColumns: Int32Array.from(further, ({ column }) => column),
    genes: outputGenes({ manifest, genes, alignment, further, scale: options.scale }),
    ...mapping,
  };
}

/** Landmarks that are imputed, and those found under other names than the model's or not taken under doubtful ones. */
export function alignmentWarnings({ missing, sources, renamed, ambiguous, close }: Alignment): string[] {
  const told = (names: Alignment["renamed"]): string =>
    listed(names.map(({ landmark, name }) => `${landmark} as ${name}`));
  return [
    ...(missing.length === 0
      ? []
      : [`${missing.length} of ${sources.length} landmarks are missing and are imputed: ${listed(missing)}`]),
    ...(renamed.length === 0 ? [] : [`${renamed.length} landmarks were found under other names: ${told(renamed)}`]),
    ...(ambiguous.length === 0
      ? []
      : [
          `${ambiguous.length} names may mean a missing landmark or another gene and are not taken: ${told(ambiguous)}`,
        ]),
    ...(close.length === 0
      ? []
      : [`${close.length} unknown names are close to missing landmarks and are not taken: ${told(close)}`]),
  ];
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
}
