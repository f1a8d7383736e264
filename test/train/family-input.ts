import { onTestFinished } from "vitest";
import { openDataset } from "../../data/node/dataset.ts";
import { openSession } from "../../runtime/node/open.ts";
import { DgexRecipe } from "../../schemas/index.ts";
import { secondMoments } from "../../train/second-moments.ts";
import { trainingData } from "../../train/standardised.ts";

/** A context that nobody watches. */
export const context = { onProgress: () => undefined };

/** What a family is fitted from: a dataset's folder, open until the test ends. */
export async function inputFrom(dataset: string) {
  const opened = await openDataset(dataset);
  onTestFinished(() => opened[Symbol.asyncDispose]());
  const data = trainingData(opened, undefined);
  return { data, moments: await secondMoments(data, openSession, context), open: openSession, context, dataset };
}

/** Fields of a recipe; those of `optimisation` are merged with the test's own. */
export type RecipeFields = { readonly optimisation?: object } & Readonly<Record<string, unknown>>;

/** A small net of D-GEX, one hidden layer of 12 units and batches of 20, with these fields over it. */
export const dgexRecipe = ({ optimisation, ...more }: RecipeFields = {}): DgexRecipe =>
  DgexRecipe.parse({
    schemaVersion: 1,
    name: "test",
    family: "dgex",
    hidden: [12],
    optimisation: { batchSize: 20, ...optimisation },
    ...more,
  });
