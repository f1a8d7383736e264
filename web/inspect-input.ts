/**
 * What a user wants to know of a file before it is inferred: what it is, and whether it fits the model.
 * @module
 */
import { type Alignment, alignLandmarks } from "../data/genes/align.ts";
import type { ScaleVerdict } from "../data/scale/check.ts";
import type { ExpressionSource } from "../data/source.ts";
import type { InputPlan } from "../infer/input-plan.ts";
import type { Predictor } from "../infer/predictor.ts";
import { surveyInput } from "../infer/survey.ts";
import {
  type ErrorTag,
  type Fault,
  type IdType,
  type InferOptions,
  isAppError,
  type MatrixFormat,
  type OnProgress,
} from "../schemas/index.ts";

/** Choices under which an input is looked at. */
export type InspectChoices = Partial<Pick<InferOptions, "duplicates" | "maxMissing">>;

/** An error as plain data. */
export interface Problem {
  readonly tag: ErrorTag;
  readonly fault: Fault;
}

/** What was found in an input. */
export interface InputReport {
  readonly label: string;
  /** Absent for profiles in memory. */
  readonly format?: MatrixFormat;
  readonly samples: number;
  readonly genes: number;
  readonly idType: IdType;
  readonly landmarks: {
    readonly total: number;
    readonly found: number;
    /** Model ids of those that are not there. */
    readonly missing: readonly string[];
    /** By which identifiers they were found, and how many. */
    readonly matchedBy: Alignment["matchedBy"];
    /** Those found under a previous symbol, an alias or a probe set. */
    readonly renamed: Alignment["renamed"];
    /** Names of the input that may mean a missing one or another gene: not taken. */
    readonly ambiguous: Alignment["ambiguous"];
    /** Names of the input that no gene has, close to that of a missing one: not taken. */
    readonly close: Alignment["close"];
  };
  /** How the scale compares; absent where there is a {@link problem}. */
  readonly scale?: ScaleVerdict;
  /** Why the input cannot be inferred with these choices; a scale that does not fit is no problem of this kind. */
  readonly problem?: Problem;
  readonly warnings: readonly string[];
}

/** How an input is looked at. */
export interface InspectOptions {
  readonly predictor: Predictor;
  /** The source is a file and has a format to tell. */
  readonly isFile: boolean;
  readonly choices?: InspectChoices;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Compares an open input with a model. Of a GCTX at most 512 profiles are read, of a text file all.
 * @throws AppError `bad-data` for a damaged file, `cancelled`
 */
export async function inspectInput(source: ExpressionSource, options: InspectOptions): Promise<InputReport> {
  const { predictor, isFile, choices = {}, signal, onProgress } = options;
  const { label, genes, samples, warnings } = source;
  const { manifest, genes: modelGenes, reference } = predictor;
  const landmarks = modelGenes.slice(0, manifest.landmarks);
  const alignment = alignLandmarks({ landmarks, input: genes, duplicates: "mean", label, reference });
  const facts = {
    label,
    ...(isFile && { format: source.format }),
    samples: samples.ids.length,
    genes: genes.ids.length,
    idType: alignment.idTypes.input,
    landmarks: {
      total: landmarks.length,
      found: landmarks.length - alignment.missing.length,
      missing: alignment.missing,
      matchedBy: alignment.matchedBy,
      renamed: alignment.renamed,
      ambiguous: alignment.ambiguous,
      close: alignment.close,
    },
    warnings,
  };
  const plan = planOrProblem(source, predictor, choices);
  if ("problem" in plan) return { ...facts, ...plan };
  const { verdict } = await surveyInput(source, plan, { manifest, genes: modelGenes, signal, onProgress });
  return { ...facts, scale: verdict };
}

/** The plan under these choices; duplicate and missing landmarks are for the user to decide about. */
function planOrProblem(
  { genes, label }: ExpressionSource,
  predictor: Predictor,
  choices: InspectChoices,
): InputPlan | { readonly problem: Problem } {
  try {
    // The scale is to be seen, not to be refused: that is what the choices after it are for.
    return predictor.prepareInput(genes, { label, options: { ...choices, allowScaleMismatch: true } });
  } catch (error) {
    if (!isAppError(error, "bad-data")) throw error;
    return { problem: { tag: error.tag, fault: error.fault } };
  }
}
