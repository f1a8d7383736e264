/**
 * Contracts of the HTTP server: the Open Inference Protocol under `/v2` (kserve/open-inference-protocol,
 * inference_rest.md) with Triton's binary tensors and repository index, and Landfall's own API under `/v1`.
 * @module
 */
import { z } from "zod";
import { InferOptions } from "./inference.ts";
import { Precision } from "./manifest.ts";
import { Harmonise, IdType, L1000Level, Scale } from "./scale.ts";

/** Error object of every `/v2` route. */
export const OipError = z.object({ error: z.string() }).meta({ id: "OipError" });
export type OipError = z.infer<typeof OipError>;

/** Parameters of a request, a tensor or a response; unknown ones are ignored. */
export const OipParameters = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .meta({ id: "OipParameters" });
export type OipParameters = z.infer<typeof OipParameters>;

/** `GET /v2`. */
export const ServerMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: "ServerMetadata" });
export type ServerMetadata = z.infer<typeof ServerMetadata>;

/** A tensor of a model; a variable dimension is −1. */
export const TensorMetadata = z
  .object({ name: z.string(), datatype: z.string(), shape: z.array(z.number().int().min(-1)) })
  .meta({ id: "TensorMetadata" });
export type TensorMetadata = z.infer<typeof TensorMetadata>;

/** `GET /v2/models/{model}`. */
export const ModelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(TensorMetadata),
    outputs: z.array(TensorMetadata),
  })
  .meta({ id: "ModelMetadata" });
export type ModelMetadata = z.infer<typeof ModelMetadata>;

/** An input tensor: `data` (flat or nested, row-major), or `parameters.binary_data_size` bytes after the JSON. */
export const OipInput = z
  .object({
    name: z.string(),
    shape: z.array(z.number().int().nonnegative()).max(8),
    datatype: z.string(),
    parameters: OipParameters.optional(),
    data: z.unknown().optional(),
  })
  .meta({ id: "OipInput" });
export type OipInput = z.infer<typeof OipInput>;

/** Body of an inference, or its JSON header where tensors are binary. */
export const OipRequest = z
  .object({
    id: z.string().optional(),
    parameters: OipParameters.optional(),
    inputs: z.array(OipInput),
    /** Outputs wanted; all where none are named. `parameters.binary_data` chooses the form of one. */
    outputs: z.array(z.object({ name: z.string(), parameters: OipParameters.optional() })).optional(),
  })
  .meta({ id: "OipRequest" });
export type OipRequest = z.infer<typeof OipRequest>;

/** Answer to an inference, or its JSON header where tensors are binary. */
export const OipResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        datatype: z.string(),
        shape: z.array(z.number().int().nonnegative()),
        parameters: OipParameters.optional(),
        data: z.array(z.union([z.number(), z.boolean()])).optional(),
      }),
    ),
  })
  .meta({ id: "OipResponse" });
export type OipResponse = z.infer<typeof OipResponse>;

/** Body of `POST /v2/repository/index`; an empty body means `{}`. */
export const RepositoryIndexRequest = z
  .object({ ready: z.boolean().optional() })
  .meta({ id: "RepositoryIndexRequest" });
export type RepositoryIndexRequest = z.infer<typeof RepositoryIndexRequest>;

/** A version in the repository index. Versions are loaded when they are asked for: `READY` ones can be. */
export const RepositoryIndexEntry = z
  .object({ name: z.string(), version: z.string(), state: z.enum(["READY", "UNAVAILABLE"]), reason: z.string() })
  .meta({ id: "RepositoryIndexEntry" });
export type RepositoryIndexEntry = z.infer<typeof RepositoryIndexEntry>;

/** Problem of every `/v1` route (RFC 9457); `tag` is the error's tag on the command line. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    tag: z.string().optional(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;

/** What is said of a version of a model; without numbers where its manifest is damaged (`problem`). */
export const PublishedVersion = z
  .object({
    version: z.number().int().positive(),
    aliases: z.array(z.string()),
    task: z.enum(["expression", "generic"]).optional(),
    contentHash: z.string().optional(),
    createdAt: z.string().optional(),
    licence: z.string().optional(),
    parameters: z.number().int().nonnegative().optional(),
    /** Bytes of all its files. */
    bytes: z.number().int().nonnegative().optional(),
    landmarks: z.number().int().positive().optional(),
    targets: z.number().int().positive().optional(),
    scale: Scale.optional(),
    level: L1000Level.optional(),
    idType: IdType.optional(),
    /** MAE in z units on the best split that the model was scored on. */
    mae: z.object({ split: z.string(), model: z.number(), ridge: z.number().optional() }).optional(),
    /** How the weights of its graphs are stored: float32 and its variants. */
    precisions: z.array(Precision).optional(),
    /** Where and how it runs on this server; absent until it is loaded. */
    loaded: z.object({ provider: z.string(), precision: Precision }).optional(),
    problem: z.string().optional(),
  })
  .meta({ id: "PublishedVersion" });
export type PublishedVersion = z.infer<typeof PublishedVersion>;

/** A model of the repository; `current` is the version that its bare name means. */
export const PublishedModel = z
  .object({
    name: z.string(),
    current: z.number().int().positive(),
    aliases: z.record(z.string(), z.number().int().positive()),
    /** Newest first. */
    versions: z.array(PublishedVersion),
  })
  .meta({ id: "PublishedModel" });
export type PublishedModel = z.infer<typeof PublishedModel>;

/** `GET /v1/models`. */
export const PublishedModels = z.object({ models: z.array(PublishedModel) }).meta({ id: "PublishedModels" });
export type PublishedModels = z.infer<typeof PublishedModels>;

/** Body of `POST /v1/infer/{model}`: profiles with the ids of their genes. */
export const ProfileRequest = z
  .object({
    /** Ids of the columns of `values`: row ids of the model, Entrez, Ensembl or symbols. */
    genes: z.array(z.string()).min(1).max(100_000),
    /** Names of the rows; `1`, `2`, … by default. */
    samples: z.array(z.string()).optional(),
    /** `[samples, genes]`, on the model's scale; null: missing. */
    values: z.array(z.array(z.number().nullable())).min(1),
    /** `cohort` is not offered: a result would depend on the request's other rows. */
    harmonise: Harmonise.exclude(["cohort"]).default("none"),
    scale: InferOptions.shape.scale,
    duplicates: InferOptions.shape.duplicates,
    allowScaleMismatch: InferOptions.shape.allowScaleMismatch,
    maxMissing: InferOptions.shape.maxMissing,
  })
  .strict()
  .meta({ id: "ProfileRequest" });
export type ProfileRequest = z.infer<typeof ProfileRequest>;

/** Answer to a {@link ProfileRequest}. */
export const ProfileResponse = z
  .object({
    model: z.string(),
    version: z.number().int().positive(),
    contentHash: z.string(),
    /** How the weights that ran are stored. */
    precision: Precision,
    harmonise: Harmonise,
    scale: InferOptions.shape.scale,
    /** Columns of `values`: the model's landmarks, further landmarks of the request, then the model's targets. */
    genes: z.array(z.string()),
    /** Which of `genes` are passed through as measured; the others are inferred. */
    measured: z.array(z.boolean()),
    samples: z.array(z.string()),
    /** `[samples, genes]`; null where a measured gene lacks a value. */
    values: z.array(z.array(z.number().nullable())),
    /** Per sample: out-of-distribution score; above 1 is outside what 99 % of held-out profiles show. */
    ood: z.array(z.number()),
    missing: z.object({
      /** Landmarks that the request lacks; they were imputed. */
      landmarks: z.array(z.string()),
      /** Per sample: landmarks imputed. */
      perSample: z.array(z.number().int().nonnegative()),
    }),
    warnings: z.array(z.string()),
  })
  .meta({ id: "ProfileResponse" });
export type ProfileResponse = z.infer<typeof ProfileResponse>;
