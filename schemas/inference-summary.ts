import { z } from "zod";

const count = z.number().int().nonnegative();

/** Two leading principal components of some profiles. */
const Projection = z.object({
  /** Of every profile: its places along both. */
  points: z.array(z.tuple([z.number(), z.number()])),
  /** Shares of the total variance. */
  shares: z.tuple([z.number(), z.number()]),
});

/** What a look at an inference shows of its quality. */
export const InferenceSummary = z
  .object({
    output: z.string(),
    model: z.string(),
    profiles: count,
    genes: count,
    landmarks: z.object({ total: count, missing: z.array(z.string()) }),
    /** Out-of-distribution scores of all profiles. */
    ood: z.object({ scores: z.array(z.number()), outside: count }),
    /** Profiles by how many landmarks they lack: [lacking, profiles], ascending. */
    lacking: z.array(z.tuple([count, count])),
    /** The profiles projected, evenly spaced over the output. */
    sampled: z.object({
      ids: z.array(z.string()),
      /** Of the group field, "" where it is missing; absent without one. */
      groups: z.array(z.string()).optional(),
      input: Projection,
      output: Projection,
    }),
  })
  .meta({ id: "InferenceSummary" });
export type InferenceSummary = z.infer<typeof InferenceSummary>;
