import type { PredictZ, TrainingData } from "../standardised.ts";

/** Mean |error| in z units over the validation rows, of one cohort or all; undefined where there are none. */
export async function validationMae(
  predictZ: PredictZ,
  data: TrainingData,
  cohort: string | undefined,
): Promise<number | undefined> {
  const total = data.count("validation", cohort);
  if (total === 0) return undefined;
  let sum = 0;
  for await (const { landmarks, targets, rows } of data.blocks("validation", cohort)) {
    const predicted = await predictZ(landmarks, rows);
    for (let at = 0; at < targets.length; at++) sum += Math.abs(predicted[at]! - targets[at]!);
  }
  return sum / (total * data.targets);
}
