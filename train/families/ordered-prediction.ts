import type { PredictZ } from "../standardised.ts";

/**
 * Predictions in the dataset's order of a model with an order of its own.
 * @param order The dataset's target at each place of the model's output, `[T]`.
 */
export function inDatasetOrder(predictZ: PredictZ, order: Int32Array): PredictZ {
  return async (landmarks, rows) => {
    const own = await predictZ(landmarks, rows);
    const ordered = new Float32Array(own.length);
    const t = order.length;
    for (let start = 0; start < own.length; start += t)
      for (let place = 0; place < t; place++) ordered[start + order[place]!] = own[start + place]!;
    return ordered;
  };
}
