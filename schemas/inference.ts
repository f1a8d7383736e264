import { z } from "zod";
import { RankRule } from "./dataset.ts";
import { Precision } from "./manifest.ts";
import { Harmonise, MatrixFormat, ValueStorage } from "./scale.ts";

/** Which samples of the inputs are inferred. */
export const SampleChoice = z
  .discriminatedUnion("by", [
    /** Where a metadata column has a value; without one, where it is 1 or true. */
    z.object({ by: z.literal("meta"), field: z.string(), value: z.string().optional() }).strict(),
    /** Those of a list; the hash is of its ids, one a line. */
    z.object({ by: z.literal("list"), ids: z.number().int().positive(), sha256: z.string() }).strict(),
  ])
  .meta({ id: "SampleChoice" });
export type SampleChoice = z.infer<typeof SampleChoice>;

/** What a user may choose about an inference; everything here changes the output's bytes. */
export const InferOptions = z
  .object({
    harmonise: Harmonise.default("none"),
    /** Units of the inferred rows: the model's scale, or z scores of its training rows. */
    scale: z.enum(["native", "z"]).default("native"),
    format: MatrixFormat.default("gctx"),
    /** How values are stored; absent: float32. */
    storage: ValueStorage.optional(),
    /** Decimals that values are rounded to; absent: not rounded. */
    round: z.number().int().min(0).max(9).optional(),
    /** What to do where several input rows carry the same gene. */
    duplicates: z.enum(["error", "mean", "max"]).default("error"),
    allowScaleMismatch: z.boolean().default(false),
    /** Largest share of the model's landmarks that may be missing from the input. */
    maxMissing: z.number().min(0).max(1).default(0.1),
    /** Absent: all samples. */
    samples: SampleChoice.optional(),
  })
  .strict()
  .meta({ id: "InferOptions" });
export type InferOptions = z.infer<typeof InferOptions>;

/** Identity of an input file: the whole content up to 256 MiB, else its size, ends and evenly spaced samples. */
export const InputFingerprint = z.object({
  file: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string(),
  whole: z.boolean(),
});
export type InputFingerprint = z.infer<typeof InputFingerprint>;

/** The frozen plan of one inference: what decides the output's bytes, and its block grid. */
export const InferPlan = z
  .object({
    schemaVersion: z.literal(1),
    model: z.object({
      name: z.string(),
      version: z.string(),
      contentHash: z.string(),
      /** Places of the targets inferred among the model's, `0-4,17`; absent: all. */
      columns: z.string().optional(),
      /** How the weights that run are stored; absent: float32. */
      precision: Precision.optional(),
    }),
    inputs: z.array(InputFingerprint).min(1),
    options: InferOptions,
    /** sha256 of the HGNC file whose gene names took the place of the shipped ones; absent: none did. */
    hgnc: z.string().optional(),
    /** Rule by which whole profiles are mapped onto the model's joint reference; absent: none are. */
    quantileRanks: z.union([RankRule, z.literal("mixed")]).optional(),
    samples: z.number().int().positive(),
    rows: z.number().int().positive(),
    blockRows: z.number().int().positive(),
    /** The execution provider: another one may round differently, so a resumed run must use the same. */
    provider: z.string(),
    codeVersion: z.string(),
    hash: z.string(),
  })
  .meta({ id: "InferPlan" });
export type InferPlan = z.infer<typeof InferPlan>;

/** `<output>.run.json`: facts of the run that do not belong into the output. */
export const InferRun = z
  .object({
    schemaVersion: z.literal(1),
    plan: InferPlan,
    command: z.string().optional(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    seconds: z.number().nonnegative(),
    /** Profiles computed by the last process; the others were resumed. */
    computed: z.number().int().nonnegative(),
    provider: z.string(),
    tried: z.array(z.object({ provider: z.string(), ok: z.boolean(), reason: z.string().optional() })),
    /** How landmarks were found: by which kind of id, how many, which are missing. */
    genes: z.object({
      landmarks: z.number().int(),
      found: z.number().int(),
      missing: z.array(z.string()),
      matchedBy: z.record(z.string(), z.number().int()),
    }),
    outOfDistribution: z.object({ profiles: z.number().int().nonnegative(), share: z.number() }),
    warnings: z.array(z.string()),
  })
  .meta({ id: "InferRun" });
export type InferRun = z.infer<typeof InferRun>;
