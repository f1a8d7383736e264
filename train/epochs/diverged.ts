import { AppError } from "../../schemas/errors.ts";

/** Where a training broke, and on which rows of the dataset. */
interface Breakdown {
  /** What is no number: `the loss`, `the MAE of validation`. */
  readonly figure: string;
  readonly got: number;
  readonly place: string;
  /** Rows of the last step taken. */
  readonly batch: Int32Array;
  readonly learningRate: number;
}

/** The error of a training whose loss, or what follows from it, is no number. */
export function diverged({ figure, got, place, batch, learningRate }: Breakdown): AppError {
  return new AppError("bad-data", {
    what: `the training has diverged: ${figure} is not a finite number`,
    where: place,
    got: String(got),
    examples: [`rows of the batch: ${batch.subarray(0, 8).join(", ")}${batch.length > 8 ? ", …" : ""}`],
    advice:
      `Lower the learning rate (it was ${learningRate.toPrecision(3)}), limit the gradients (optimisation.clipNorm), ` +
      "or clip outliers (`prepare --clip`)",
  });
}
