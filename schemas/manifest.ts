import { z } from "zod";
import { GeneTransform, InputProfile, OodModel, TrainingRun } from "./run.ts";
import { IdType, L1000Level, Scale } from "./scale.ts";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A tensor of the served graph. A symbolic dimension is its name. */
export const TensorSignature = z
  .object({
    name: z.string(),
    type: z.enum(["float32", "float64", "int32", "int64", "uint8", "uint32", "bool"]),
    dims: z.array(z.union([z.number().int().nonnegative(), z.string()])),
  })
  .meta({ id: "TensorSignature" });
export type TensorSignature = z.infer<typeof TensorSignature>;

/** A file of a version folder. */
export const ModelFile = z.object({
  path: z.string().regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, "a relative path inside the version folder"),
  bytes: z.number().int().nonnegative(),
  sha256: Sha256,
  /** Part of the model's identity: weights, graph and gene lists are, reports are not. */
  identity: z.boolean(),
});
export type ModelFile = z.infer<typeof ModelFile>;

/** How one exported variant agrees with the tfjs model on random, extreme and real rows. */
export const Parity = z
  .object({
    variant: z.string(),
    rows: z.number().int().positive(),
    /** Largest |ONNX − tfjs| over all outputs compared, in z units. */
    maxAbs: z.number().nonnegative(),
    /** Largest |ONNX − tfjs| / (1 + |tfjs|). */
    maxRelative: z.number().nonnegative(),
    /** The tolerance that the export was held to. */
    tolerance: z.number().positive(),
    batchSizes: z.array(z.number().int().positive()),
    /** Largest difference of a row's result between batch sizes: 0 in float32. */
    batchDependence: z.number().nonnegative(),
  })
  .meta({ id: "Parity" });
export type Parity = z.infer<typeof Parity>;

/** Input rows with their outputs, re-checked by every host when it loads the model. */
export const GoldenVectors = z
  .object({
    /** [rows][landmarks] in the model's scale. */
    landmarks: z.array(z.array(z.number())).min(1),
    /** Which targets are kept below. */
    targetIndices: z.array(z.number().int().nonnegative()).min(1),
    /** [rows][targetIndices]. */
    targets: z.array(z.array(z.number())),
    /** [rows]. */
    ood: z.array(z.number()),
    /** Largest allowed |difference| / (1 + |expected|), by execution provider. */
    tolerance: z.record(z.string(), z.number().positive()),
  })
  .meta({ id: "GoldenVectors" });
export type GoldenVectors = z.infer<typeof GoldenVectors>;

/** How the weights of a graph are stored; `fp32` is the reference. */
export const Precision = z.enum(["fp32", "fp16", "int8", "int4"]).meta({ id: "Precision" });
export type Precision = z.infer<typeof Precision>;

/** A product of a variant: how its weights are stored, and how its input is quantised where it is. */
export const VariantLayer = z.object({
  /** The node's name in the graph. */
  name: z.string(),
  precision: Precision,
  /** Range of the input that uint8 levels cover; absent where the input stays float32. */
  input: z
    .object({
      low: z.number(),
      high: z.number(),
      /** Known from the clip or the activation before it, or calibrated on training rows for the least squared error. */
      from: z.enum(["clip", "activation", "calibrated"]),
    })
    .optional(),
  /** Mean |difference| of the targets in z units with this product alone quantised; measured where products fell back. */
  error: z.number().nonnegative().optional(),
});
export type VariantLayer = z.infer<typeof VariantLayer>;

/** The same model with its weights stored in fewer bits. */
export const ModelVariant = z
  .object({
    precision: Precision.exclude(["fp32"]),
    /** The graph's file inside the version folder; its external data, if it has any, lies beside it. */
    path: ModelFile.shape.path,
    /** The execution providers it is for; absent: all that no other file of the precision names. */
    providers: z.array(z.string()).optional(),
    opset: z.number().int().positive(),
    layers: z.array(VariantLayer),
    /** What the variant was admitted on: MAE in z units of both on the same rows. */
    measured: z.object({
      /** Held-out rows of the training's dataset; `generated`: rows like them, for fp16 without a dataset. */
      rows: z.enum(["validation", "test", "generated"]),
      count: z.number().int().positive(),
      /** Absent on generated rows, which have no truth. */
      mae: z.object({ fp32: z.number(), variant: z.number() }).optional(),
      /** Relative change of MAE; on generated rows its upper bound, mean |difference| over the validation MAE. */
      change: z.number(),
      /** The largest change that is admitted. */
      limit: z.number().positive(),
      /** Mean |variant − fp32| in z units. */
      meanDifference: z.number().nonnegative(),
      /** Largest |variant − fp32| / (1 + |fp32|), z units. */
      maxRelative: z.number().nonnegative(),
    }),
    /** Results for the rows of the model's own golden vectors. */
    golden: GoldenVectors.pick({ targets: true, ood: true, tolerance: true }),
  })
  .meta({ id: "ModelVariant" });
export type ModelVariant = z.infer<typeof ModelVariant>;

const common = {
  schemaVersion: z.literal(1),
  /** Set by `publish`; absent in an export that is not published. */
  name: z.string().optional(),
  version: z.number().int().positive().optional(),
  /** One hash over the identity files (path and sha256, sorted): the same content is the same model. */
  contentHash: Sha256,
  createdAt: z.iso.datetime(),
  codeVersion: z.string(),
  inputs: z.array(TensorSignature).min(1),
  outputs: z.array(TensorSignature).min(1),
  opset: z.number().int().positive(),
  parameters: z.number().int().nonnegative(),
  parity: z.array(Parity),
  /** Forms that the export chose for weights, with sizes and reasons; absent where it had no choice. */
  graphNotes: z.array(z.string()).optional(),
  files: z.array(ModelFile),
  parent: z.number().int().positive().optional(),
  origin: z.enum(["trained", "imported"]),
  licence: z.string().optional(),
};

/** `manifest.json` of a landmark → target model. */
export const ExpressionManifest = z
  .object({
    ...common,
    task: z.literal("expression"),
    idType: IdType,
    scale: Scale,
    level: L1000Level.optional(),
    landmarks: z.number().int().positive(),
    targets: z.number().int().positive(),
    transform: GeneTransform,
    inputProfile: InputProfile,
    ood: OodModel,
    /** What is known of the training; absent for an imported model. */
    training: TrainingRun.pick({
      recipe: true,
      selected: true,
      dataset: true,
      engine: true,
      device: true,
      seed: true,
      codeVersion: true,
      seconds: true,
      notes: true,
    }).optional(),
    scores: TrainingRun.shape.scores.optional(),
    golden: GoldenVectors,
    /** Files of the same model in fewer bits; part of its identity. */
    variants: z.array(ModelVariant).optional(),
  })
  .meta({ id: "ExpressionManifest" });
export type ExpressionManifest = z.infer<typeof ExpressionManifest>;

/** `manifest.json` of a bare tfjs model: its own inputs and outputs, not usable by `infer`. */
export const GenericManifest = z.object({ ...common, task: z.literal("generic") }).meta({ id: "GenericManifest" });
export type GenericManifest = z.infer<typeof GenericManifest>;

/** `manifest.json`, by task. */
export const ModelManifest = z
  .discriminatedUnion("task", [ExpressionManifest, GenericManifest])
  .meta({ id: "ModelManifest" });
export type ModelManifest = z.infer<typeof ModelManifest>;
