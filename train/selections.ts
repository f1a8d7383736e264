/**
 * What each validation set would have kept of one training, and the errors of it: D-GEX chooses its weights on GEO for
 * the test on GEO, and on 1000G for the one on GTEx (Chen et al. 2016, tables 1 and 2).
 * @module
 */
import { GeneScores } from "../evaluate/accumulate.ts";
import { overGenes } from "../evaluate/summary.ts";
import { AppError } from "../schemas/errors.ts";
import type { SelectionScores, SetScores } from "../schemas/index.ts";
import type { ValidationRows } from "./candidates.ts";
import type { PredictZ, TrainingContext, TrainingData } from "./standardised.ts";

/** A prediction that is open until it is disposed of. */
export interface OpenPrediction extends AsyncDisposable {
  /** In the dataset's order of targets. */
  readonly predictZ: PredictZ;
}

/** The model that one validation set chooses. */
export interface Selection {
  /** `validation`, `validation:COHORT`. */
  readonly name: string;
  /** Two selections of one training with the same values are the same model, but for {@link isOwn}. */
  readonly selected: Readonly<Record<string, number>>;
  /** True for a model of its own even where its values are another's. */
  readonly isOwn?: boolean;
  /** Opens the model; not after the fitted one is disposed of. */
  readonly open: () => Promise<OpenPrediction>;
}

/** The sets of a dataset that can choose: all validation rows, and each cohort's where several have some. */
export function validationSets(data: ValidationRows): string[] {
  const cohorts = data.cohortsOf("validation");
  if (cohorts.length === 0) return [];
  return ["validation", ...(cohorts.length > 1 ? cohorts.map((cohort) => `validation:${cohort}`) : [])];
}

/** A prediction that something else closes. */
export const borrowed = (predictZ: PredictZ): OpenPrediction => ({
  predictZ,
  [Symbol.asyncDispose]: async () => undefined,
});

/** What scoring needs beside the selections. */
export interface SelectionData extends TrainingContext {
  readonly data: TrainingData;
  readonly geneIds: readonly string[];
}

/**
 * MAE over targets of every selection on every held-out set: all validation and all test rows, and each cohort's where
 * several have some, under the names of an epoch's `mae`. A model that several sets choose predicts once.
 * @throws AppError as predictions and data do.
 */
export async function scoreSelections(
  selections: readonly Selection[],
  options: SelectionData,
): Promise<SelectionScores[]> {
  const scored = new Map<string, SetScores>();
  const all: SelectionScores[] = [];
  for (const { name, selected, isOwn = false, open } of selections) {
    const model = JSON.stringify(isOwn ? [name, selected] : selected);
    let mae = scored.get(model);
    if (mae === undefined) {
      await using prediction = await open();
      mae = await scoreSets(prediction.predictZ, name, options);
      scored.set(model, mae);
    }
    all.push({ selectedOn: name, selected: { ...selected }, mae });
  }
  return all;
}

async function scoreSets(predictZ: PredictZ, name: string, options: SelectionData): Promise<SetScores> {
  const { data, geneIds, onProgress } = options;
  const scores: SetScores = {};
  for (const split of ["validation", "test"] as const) {
    const cohorts = data.cohortsOf(split);
    if (cohorts.length === 0) continue;
    const whole = new GeneScores({ model: name, geneIds });
    let done = 0;
    for (const cohort of cohorts) {
      const own = new GeneScores({ model: name, geneIds });
      for await (const { rows, landmarks, targets: truth } of data.blocks(split, cohort)) {
        const block = { rows, truth, prediction: await predictZ(landmarks, rows) };
        for (const sums of [whole, own]) sums.add(block);
        done += rows;
        onProgress({ phase: `score ${split}, chosen on ${name}`, done, total: data.count(split), unit: "profiles" });
      }
      if (cohorts.length > 1) scores[`${split}:${cohort}`] = maeOver(own);
    }
    scores[split] = maeOver(whole);
  }
  return scores;
}

function maeOver(sums: GeneScores): SetScores[string] {
  const over = overGenes(sums.metrics().mae);
  if (over === undefined) throw new AppError("internal", { what: "no target was scored" });
  return { mean: over.mean, sd: over.sd };
}
