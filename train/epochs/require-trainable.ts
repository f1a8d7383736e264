import { AppError } from "../../schemas/errors.ts";
import type { Optimisation } from "../../schemas/index.ts";

/** Rows of the splits that training reads. */
export interface SplitRows {
  readonly train: number;
  readonly validation: number;
}

/**
 * Refuses options that a dataset cannot serve: a batch larger than the training split, and what follows the validation
 * error where there are no validation rows.
 * @throws AppError `usage`.
 */
export function requireTrainable(
  { batchSize, patience, schedule }: Pick<Optimisation, "batchSize" | "patience" | "schedule">,
  rows: SplitRows,
): void {
  if (batchSize > rows.train)
    throw new AppError("usage", {
      what: "a batch is larger than the training split",
      expected: `at most ${rows.train} rows`,
      got: String(batchSize),
      advice: "Lower batchSize",
    });
  const waiting = [
    ...(patience === undefined ? [] : ["optimisation.patience"]),
    ...(schedule.kind === "plateau" ? ["optimisation.schedule plateau"] : []),
  ];
  if (waiting.length === 0 || rows.validation > 0) return;
  throw new AppError("usage", {
    what: "the validation error is waited for, but the dataset has no validation rows",
    where: waiting.join(", "),
    advice: "Leave it out, or prepare the dataset with a validation fraction",
  });
}
