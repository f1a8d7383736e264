import { z } from "zod";

/** What a model knows of one of its genes (one line of `genes.tsv`). Empty string: not known. */
export const GeneRecord = z
  .object({
    /** Row id of the training source, never rewritten; `X|target` for a target that is landmark `X` too. */
    id: z.string().min(1),
    role: z.enum(["landmark", "target"]),
    symbol: z.string().default(""),
    entrez: z.string().default(""),
    ensembl: z.string().default(""),
    /** Mean absolute error on validation rows, in the model's output units. */
    mae: z.number().nonnegative().optional(),
    /** Pearson correlation on validation rows. */
    r: z.number().min(-1).max(1).optional(),
    reliability: z.enum(["high", "medium", "low"]).optional(),
    /** Split-conformal half-width of the 90 % interval, in output units (marginal coverage). */
    halfwidth90: z.number().nonnegative().optional(),
  })
  .meta({ id: "GeneRecord" });
export type GeneRecord = z.infer<typeof GeneRecord>;
