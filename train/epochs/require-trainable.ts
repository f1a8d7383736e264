import { AppError } from "../../schemas/errors.ts";
import type { Optimisation } from "../../schemas/index.ts";
import type { RowStore } from "../rows/row-store.ts";

/**
 * Refuses options that a dataset cannot serve: a batch larger than the training split, and what follows the validation
 * error where there are no validation rows.
 * @throws AppError `usage`.
 */
export function requireTrainable({ batchSize, patience, schedule }: Optimisation, store: RowStore): void {
  const rows = store.rowsOf("train").length;
  if (batchSize > rows)
    throw new AppError("usage", {
      what: "a batch is larger than the training split",
      expected: `at most ${rows} rows`,
      got: String(batchSize),
      advice: "Lower batchSize",
    });
  const waiting = [
    ...(patience === undefined ? [] : ["optimisation.patience"]),
    ...(schedule.kind === "plateau" ? ["optimisation.schedule plateau"] : []),
  ];
  if (waiting.length === 0 || store.rowsOf("validation").length > 0) return;
  throw new AppError("usage", {
    what: "the validation error is waited for, but the dataset has no validation rows",
    where: waiting.join(", "),
    advice: "Leave it out, or prepare the dataset with a validation fraction",
  });
}
