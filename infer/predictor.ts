import type { OpenReference } from "../data/genes/gene-reference.ts";
import { Imputer } from "../data/impute.ts";
import type { Axis, Block } from "../data/source.ts";
import type { SessionHost } from "../runtime/session.ts";
import { type ExpressionManifest, type GeneRecord, InferOptions, type Precision } from "../schemas/index.ts";
import { gatherColumns } from "./gather-columns.ts";
import { checkGolden } from "./golden.ts";
import { type InputPlan, planInput } from "./input-plan.ts";
import { landmarkRows } from "./landmark-rows.ts";
import { checkParts, type ModelParts } from "./model-parts.ts";
import { type InMemoryInput, type Predicted, predictInMemory } from "./predict.ts";
import { toZScores } from "./z-scores.ts";

/** What a user may leave out of {@link InferOptions}. */
export type InferChoices = Partial<InferOptions>;

/** What became of a block; all arrays belong to the receiver, `measured` together with the block's values. */
export interface Prediction {
  readonly rows: number;
  /** The model's landmarks, `[rows, L]`: as measured, or inferred where the input lacks the gene altogether. */
  readonly measured: Float32Array;
  /** Measured landmarks that the model does not use, `[rows, E]`. */
  readonly further: Float32Array;
  /** `[rows, T]`, on the model's scale or in z scores, as the options say. */
  readonly targets: Float32Array;
  /** Out-of-distribution score, `[rows]`: above 1 is outside what 99 % of held-out training profiles show. */
  readonly ood: Float32Array;
  /** Landmarks that each profile lacked and that were imputed, `[rows]`. */
  readonly missing: Int32Array;
}

/**
 * A model ready to infer: align → harmonise → impute → run → label. It owns the session.
 *
 * A profile's result never depends on the others of its block: every stage works row by row, and ONNX Runtime's CPU
 * kernels give a row the same bits in a block of 1 as in a block of 1024 (measured on 978 → 3000, 978 → 300 → 2129 and
 * smaller nets, blocks of 1 to 257) as long as weights are prepacked. Left mapped from the file they are not: single
 * rows then take another kernel, so sessions of a predictor must not be opened with `leaveWeightsMapped`.
 */
export class Predictor implements AsyncDisposable {
  readonly manifest: ExpressionManifest;
  /** The model's genes: landmarks, then targets. */
  readonly genes: readonly GeneRecord[];
  /** The same before targets were chosen. */
  readonly allGenes: readonly GeneRecord[];
  readonly session: SessionHost;
  /** Which of the model's targets are inferred, as a plan names them; undefined: all. */
  readonly columns: string | undefined;
  /** How the graph that runs stores its weights. */
  readonly precision: Precision;
  /** What a run's record should tell about the model as it was loaded. */
  readonly warnings: readonly string[];
  /** Names of human genes, for inputs that call landmarks otherwise. */
  readonly reference: OpenReference | undefined;
  /** sha256 of the HGNC file that these names come from; undefined: the shipped ones. */
  readonly hgnc: string | undefined;
  readonly #imputer: Imputer;

  private constructor({
    manifest,
    genes,
    allGenes = genes,
    session,
    landmarkStats,
    columns,
    precision = "fp32",
    warnings = [],
    reference,
    hgnc,
  }: ModelParts) {
    const { landmarks } = manifest;
    this.columns = columns;
    this.precision = precision;
    this.warnings = warnings;
    this.reference = reference;
    this.hgnc = hgnc;
    this.manifest = manifest;
    this.genes = genes;
    this.allGenes = allGenes;
    this.session = session;
    this.#imputer = Imputer.from(landmarkStats.subarray(0, landmarks), landmarkStats.subarray(landmarks));
  }

  /**
   * Checks that the parts are of one model and that this session gives its golden results.
   * @throws AppError `bad-model`; the session is then still the caller's
   */
  static async open(parts: ModelParts): Promise<Predictor> {
    checkParts(parts);
    const predictor = new Predictor(parts);
    const { manifest, genes, session, precision = "fp32" } = parts;
    const targetIds = genes.slice(manifest.landmarks).map(({ id }) => id);
    // As many at a time as there are runs: each session of a pool gets one.
    const checks = Array.from({ length: session.parallelRuns ?? 1 }, () =>
      checkGolden({ manifest, session, precision, targetIds }),
    );
    for (const check of await Promise.allSettled(checks)) if (check.status === "rejected") throw check.reason;
    return predictor;
  }

  /**
   * Plans how an input with these genes goes through the model. With `harmonise: cohort` the plan still lacks the
   * cohort's moments: {@link surveyInput} finds them.
   * @throws AppError `bad-data` for duplicate landmarks where the options refuse them, and when too many are missing
   */
  prepareInput(genes: Axis, { label, options = {} }: { label: string; options?: InferChoices }): InputPlan {
    return planInput({ genes, label, options: InferOptions.parse(options) }, this);
  }

  /**
   * Infers a block of an input, `[rows, genes of the input]`, which is only read, but may be handed back as `measured`.
   * @param into - takes the targets, `[rows, T]`, and is then the prediction's
   * @throws AppError `bad-data` for an infinite landmark value, `internal` when the runtime fails
   */
  async run(block: Block, plan: InputPlan, into?: Float32Array): Promise<Prediction> {
    const { rows } = block;
    const { inputProfile, landmarks, transform } = this.manifest;
    const { reference, joint } = inputProfile;
    const model = { genes: this.genes, imputer: this.#imputer, reference, joint: joint?.values };
    const { measured, complete, missing } = landmarkRows(block, plan, model);
    const feeds = { landmarks: { type: "float32", dims: [rows, landmarks], data: complete } } as const;
    const dims = [rows, this.genes.length - landmarks];
    const outputs = await this.session.run(feeds, {
      fetch: ["targets", "ood"],
      ...(into && { into: { targets: { type: "float32", dims, data: into } } }),
    });
    const targets = float32Output(outputs["targets"]?.data);
    const inZ = plan.options.scale === "z";
    if (inZ) toZScores(targets, { ...transform.targets, epsilon: transform.epsilon });
    if (plan.alignment.missing.length > 0) {
      // The landmark rows are done with: what the input lacks may be brought to output units in place.
      if (inZ) toZScores(complete, { ...transform.landmarks, epsilon: transform.epsilon });
      fillAbsent(measured, complete, plan);
    }
    const further = gatherColumns(block, plan.furtherColumns);
    return { rows, measured, further, targets, ood: float32Output(outputs["ood"]?.data), missing };
  }

  /**
   * Infers profiles in memory; the same values as the batch pipeline gives.
   * @throws AppError `bad-data` and `scale-mismatch` as the batch pipeline
   */
  async predict(input: InMemoryInput): Promise<Predicted> {
    return predictInMemory(this, input);
  }

  /** Closes the session. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

/** Takes the values of landmarks that the input does not have from the imputed rows. */
function fillAbsent(measured: Float32Array, imputed: Float32Array, { alignment: { sources } }: InputPlan): void {
  const landmarks = sources.length;
  for (const [landmark, columns] of sources.entries()) {
    if (columns.length > 0) continue;
    for (let at = landmark; at < measured.length; at += landmarks) measured[at] = imputed[at] as number;
  }
}

function float32Output(data: unknown): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error("an output of the graph is not float32");
  return data;
}
