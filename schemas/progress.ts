import { z } from "zod";

/** One report of a long job: printed as a progress line on a TTY, as a JSON log line otherwise. */
export const Progress = z
  .object({
    /** What is being done: `infer`, `train`, `fit moments`, … */
    phase: z.string(),
    done: z.number().nonnegative(),
    total: z.number().positive(),
    /** What `done` counts: `profiles`, `steps`, … */
    unit: z.string(),
    /** Further facts in words: the loss, the provider used, … */
    note: z.string().optional(),
  })
  .meta({ id: "Progress" });
export type Progress = z.infer<typeof Progress>;

/** Receives progress; called between blocks, never more often than there is news. */
export type OnProgress = (progress: Progress) => void;
