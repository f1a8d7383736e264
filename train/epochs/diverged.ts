import { AppError } from "../../schemas/errors.ts";

/** Where a training broke, and on which rows of the dataset. */
interface Breakdown {
  readonly place: string;
  readonly batch?: Int32Array;
  readonly learningRate: number;
}

/** The error of a training whose loss, or what follows from it, is no number. */
export function diverged(got: number, { place, batch, learningRate }: Breakdown): AppError {
  return new AppError("bad-data", {
    what: "the training has diverged: the loss is not a finite number",
    where: place,
    got: String(got),
    examples: batch === undefined ? [] : [`rows of the batch: ${batch.subarray(0, 8).join(", ")}, …`],
    advice:
      `Lower the learning rate (it was ${learningRate.toPrecision(3)}), limit the gradients (optimisation.clipNorm), ` +
      "or clip outliers (`prepare --clip`)",
  });
}
