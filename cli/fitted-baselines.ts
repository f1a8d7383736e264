import { isDeepStrictEqual } from "node:util";
import { Imputer } from "../data/impute.ts";
import type { OpenDataset } from "../data/node/dataset.ts";
import type { EvaluatedModel } from "../evaluate/contestant.ts";
import { openSession } from "../runtime/node/open.ts";
import { KnnRecipe, LinearRecipe, type Recipe } from "../schemas/index.ts";
import { isTunedRidge, ridgeBaseline } from "../train/baseline.ts";
import { fitKnn } from "../train/families/knn.ts";
import { fitLasso } from "../train/families/lasso.ts";
import type { FitInput } from "../train/families/linear.ts";
import { secondMoments } from "../train/second-moments.ts";
import { type PredictZ, trainingData } from "../train/standardised.ts";
import type { CliContext } from "./context.ts";

/** A baseline that is fitted on the dataset's training rows, by the name that it is scored under. */
export type BaselineKind = "knn-ge" | "lasso" | "ridge";

/** What tables and notes call them in a sentence. */
export const baselineLabel: Readonly<Record<BaselineKind, string>> = {
  "knn-ge": "KNN-GE",
  lasso: "LASSO",
  ridge: "ridge",
};

/** Taken where there are no validation rows to choose on: about what expression data choose. */
const unchosen = { k: 10, lambda: 0.01 } as const;

const knnRecipe = (k?: number): KnnRecipe => KnnRecipe.parse({ schemaVersion: 1, name: "knn-ge", family: "knn", k });

/** Without the field where λ is to be chosen: a recipe that was read from a file has none either. */
const lassoRecipe = (lambda?: number): LinearRecipe =>
  LinearRecipe.parse({
    schemaVersion: 1,
    name: "lasso",
    family: "linear",
    penalty: "l1",
    ...(lambda !== undefined && { lambda }),
  });

/** Everything of a recipe but what it is called. */
function choicesOf(recipe: Recipe): object {
  const { name: _, description: __, ...choices } = recipe;
  return choices;
}

/** True for a recipe that fits just what the baseline is: a model of it is the baseline itself. */
const isBaselineRecipe: Readonly<Record<BaselineKind, (recipe: Recipe) => boolean>> = {
  "knn-ge": (recipe) => isDeepStrictEqual(choicesOf(recipe), choicesOf(knnRecipe())),
  lasso: (recipe) => isDeepStrictEqual(choicesOf(recipe), choicesOf(lassoRecipe())),
  ridge: isTunedRidge,
};

/** The one of `kinds` that a recipe is. */
export function baselineOf(recipe: Recipe, kinds: readonly BaselineKind[]): BaselineKind | undefined {
  return kinds.find((kind) => isBaselineRecipe[kind](recipe));
}

interface Fitted extends AsyncDisposable {
  readonly predictZ: PredictZ;
  /** What was chosen: `k = 7`. */
  readonly chosen: string;
  readonly notes: readonly string[];
}

/** How each is fitted, its hyper-parameter chosen on validation MAE where there are validation rows. */
const fits: Readonly<Record<BaselineKind, (input: FitInput) => Promise<Fitted>>> = {
  "knn-ge": async (input) => {
    const k = validated(input) ? undefined : Math.min(unchosen.k, input.data.landmarks);
    const model = await fitKnn(knnRecipe(k), input);
    return {
      ...model,
      chosen: `k = ${model.selected["k"]}`,
      [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
    };
  },
  lasso: async (input) => {
    const model = await fitLasso(lassoRecipe(validated(input) ? undefined : unchosen.lambda), input);
    const chosen = `λ = ${model.selected["lambda"]}`;
    return { ...model, chosen, [Symbol.asyncDispose]: () => model[Symbol.asyncDispose]() };
  },
  ridge: async ({ data, moments, open, context }) => {
    const { predictZ, lambda, ...model } = await ridgeBaseline(data, moments, { open, context });
    return { ...model, predictZ, chosen: `λ = ${lambda}`, notes: [] };
  },
};

const validated = ({ data }: Pick<FitInput, "data">): boolean => data.count("validation") > 0;

/** Baselines as `evaluate` scores them; dispose them to close their sessions. */
export interface FittedBaselines extends AsyncDisposable {
  readonly models: ReadonlyMap<BaselineKind, EvaluatedModel>;
  /** What was chosen and how, and what is to be said of each. */
  readonly notes: readonly string[];
}

/**
 * Fits baselines on the dataset's own training rows, from one pass over them. Missing landmarks get their conditional
 * mean, as an exported model's do. `nameOf` says what each is to be called among the models.
 */
export async function fitBaselines(
  kinds: readonly BaselineKind[],
  dataset: OpenDataset,
  { columns, nameOf, context }: { columns: Int32Array; nameOf: (kind: BaselineKind) => string; context: CliContext },
): Promise<FittedBaselines> {
  if (kinds.length === 0) return { models: new Map(), notes: [], [Symbol.asyncDispose]: async () => undefined };
  const data = trainingData(dataset, context.signal);
  const moments = await secondMoments(data, openSession, context);
  const imputer = Imputer.from(
    moments.meanX,
    moments.gram.map((sum) => sum / moments.count),
  );
  const fitted: (Fitted & { readonly kind: BaselineKind })[] = [];
  const dispose = async () => {
    for (const one of fitted) await one[Symbol.asyncDispose]();
  };
  try {
    for (const kind of kinds)
      fitted.push({ kind, ...(await fits[kind]({ data, moments, open: openSession, context })) });
  } catch (error) {
    await dispose();
    throw error;
  }
  const chosen = fitted.map((one) => `${nameOf(one.kind)} (${one.chosen})`).join(", ");
  const how = validated({ data }) ? "chosen on validation rows" : "not chosen: there are no validation rows";
  const place = { dataset, columns, imputer };
  return {
    models: new Map(fitted.map(({ kind, predictZ }) => [kind, evaluatedBaseline(nameOf(kind), predictZ, place)])),
    notes: [
      `baselines fitted on this dataset: ${chosen}, ${how}`,
      ...fitted.flatMap(({ kind, notes }) => notes.map((note) => `${nameOf(kind)}: ${note}`)),
    ],
    [Symbol.asyncDispose]: dispose,
  };
}

function evaluatedBaseline(
  name: string,
  predictZ: PredictZ,
  { dataset, columns, imputer }: { dataset: OpenDataset; columns: Int32Array; imputer: Imputer },
): EvaluatedModel {
  const { mean, sd } = dataset.landmarkMoments;
  const { epsilon, clip = Number.POSITIVE_INFINITY } = dataset.dataset.standardisation;
  const width = dataset.targets.length;
  const predict = async (landmarks: Float32Array, rows: number) => {
    const z = landmarks.map((value, at) => {
      const gene = at % mean.length;
      return Math.max(-clip, Math.min(clip, (value - mean[gene]!) / (sd[gene]! + epsilon)));
    });
    imputer.fill(z, rows);
    const all = await predictZ(z, rows);
    if (columns.length === width) return { targets: all };
    const targets = new Float32Array(rows * columns.length);
    for (let row = 0, to = 0; row < rows; row++)
      for (let t = 0; t < columns.length; t++, to++) targets[to] = all[row * width + columns[t]!]!;
    return { targets };
  };
  return { name, predict };
}
