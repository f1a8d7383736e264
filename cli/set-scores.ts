import { join } from "node:path";
import type { OpenDataset } from "../data/node/dataset.ts";
import { GeneScores } from "../evaluate/accumulate.ts";
import { overGenes } from "../evaluate/summary.ts";
import { readLayersModel, weightOf } from "../export/read/layers-model.ts";
import { valuesOf } from "../export/read/weight-data.ts";
import { openSession } from "../runtime/node/open.ts";
import { AppError } from "../schemas/errors.ts";
import type { SetScores } from "../schemas/index.ts";
import { openActivations } from "../train/explain/activations.ts";
import { trainingData } from "../train/standardised.ts";
import type { CliContext } from "./context.ts";

/**
 * MAE (z units) over targets of a run's net, mean and population sd, on validation and test rows of the dataset that it
 * was trained on; on each cohort's as well where several have some, as in `history.jsonl`.
 * @throws AppError `bad-model` when the run's net is damaged, `cancelled` when the signal is aborted.
 */
export async function setScores(
  run: string,
  dataset: OpenDataset,
  { signal, onProgress }: CliContext,
): Promise<SetScores> {
  const net = await readLayersModel(join(run, "tfjs"));
  const data = trainingData(dataset, signal);
  await using prediction = await openActivations(net, {
    landmarks: data.landmarks,
    read: (weight) => valuesOf(weightOf(net, { ...weight, layout: "in-out" })),
    open: openSession,
  });
  const geneIds = dataset.targets.map(({ id }) => id);
  const scores: SetScores = {};
  for (const split of ["validation", "test"] as const) {
    const cohorts = data.cohortsOf(split);
    if (cohorts.length === 0) continue;
    const whole = new GeneScores({ model: run, geneIds });
    let done = 0;
    for (const cohort of cohorts) {
      const own = new GeneScores({ model: run, geneIds });
      for await (const { rows, landmarks, targets: truth } of data.blocks(split, cohort)) {
        const block = { rows, truth, prediction: await prediction.activate(landmarks, rows) };
        for (const sums of [whole, own]) sums.add(block);
        done += rows;
        onProgress({ phase: `score ${split}`, done, total: data.count(split), unit: "profiles" });
      }
      if (cohorts.length > 1) scores[`${split}:${cohort}`] = maeOver(own, run);
    }
    scores[split] = maeOver(whole, run);
  }
  return scores;
}

function maeOver(sums: GeneScores, run: string): { mean: number; sd: number } {
  const over = overGenes(sums.metrics().mae);
  if (over === undefined) throw new AppError("bad-data", { what: "no target has a truth to score on", where: run });
  return { mean: over.mean, sd: over.sd };
}
