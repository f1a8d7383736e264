import { z } from "zod";
import { InferPlan, InferRun } from "./inference.ts";

const count = z.number().int().nonnegative();

/** A file of a sharded run that the plan vouches for. */
const PlannedFile = z.object({ bytes: count, sha256: z.string() });

/** Where a reserved column lies in the output: item i of it at `offset + i * itemBytes`. */
const ReservedSpan = z.object({
  offset: count,
  itemBytes: count,
  type: z.enum(["float32", "float64", "int32"]),
});

/** `<run>/plan.json`: one inference, cut into shards that any machine can compute and any machine can merge. */
export const ShardPlan = z
  .object({
    schemaVersion: z.literal(1),
    /** The plan of the whole, the same as that of a run by a single process. */
    infer: InferPlan,
    /** Profiles a shard, a multiple of the plan's blocks; the last shard may have fewer. */
    shardRows: z.number().int().positive(),
    shards: z.number().int().positive(),
    /** The output's bytes before its matrix: `<run>/header.bin`. */
    header: PlannedFile,
    /** What the first pass over the input found: `<run>/job.json`. */
    job: PlannedFile,
    /** Where the output's reserved columns lie. */
    columns: z.record(z.string(), ReservedSpan),
    /** sha256 of everything above: the run's identity, named by every shard. */
    hash: z.string(),
    /** Absolute paths; a run whose files have moved is planned again and keeps its shards. */
    paths: z.object({
      model: z.string(),
      inputs: z.array(z.string()).min(1),
      output: z.string(),
      /** The choice of samples: the path of a list, or `meta:FIELD=VALUE`. */
      samples: z.string().optional(),
      /** The file with newer gene names. */
      hgnc: z.string().optional(),
    }),
    orientation: z.enum(["samples", "genes"]).optional(),
    /** The planner's facts for the record of the run. */
    tried: InferRun.shape.tried,
    genes: InferRun.shape.genes,
  })
  .meta({ id: "ShardPlan" });
export type ShardPlan = z.infer<typeof ShardPlan>;

/** `<run>/done/<shard>.json`: the commit of a shard; made once, by one attempt. */
export const ShardMarker = z
  .object({
    schemaVersion: z.literal(1),
    shard: count,
    /** Profiles `[start, end)` of the output. */
    start: count,
    end: count,
    /** Name of the data file in `<run>/shards`. */
    file: z.string(),
    bytes: count,
    sha256: z.string(),
    /** Of Zarr: the shard's objects, one a block of the plan; the data file then holds the columns alone. */
    objects: z.array(z.object({ block: count, bytes: count, sha256: z.string() })).optional(),
    /** {@link ShardPlan} `hash` of the run that it belongs to. */
    planHash: z.string(),
    /** The attempt that won: node, job, restart, process, random. */
    attempt: z.string(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
  })
  .meta({ id: "ShardMarker" });
export type ShardMarker = z.infer<typeof ShardMarker>;

/** `<run>/manifest.json`: what a merged output was made of. */
export const ShardManifest = z
  .object({
    schemaVersion: z.literal(1),
    planHash: z.string(),
    output: z.string(),
    shards: z.array(ShardMarker).min(1),
  })
  .meta({ id: "ShardManifest" });
export type ShardManifest = z.infer<typeof ShardManifest>;

/** How far a sharded run is. */
export const ShardStatus = z
  .object({
    output: z.string(),
    shards: count,
    committed: count,
    /** Shards that are missing, as a job array's index list: `2,17-19`. */
    missing: z.string(),
    profiles: z.object({ committed: count, total: count }),
    /** Of the committed shards. */
    bytes: count,
    /** Whether the output is merged and in its place. */
    merged: z.boolean(),
  })
  .meta({ id: "ShardStatus" });
export type ShardStatus = z.infer<typeof ShardStatus>;
