import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ResidualRecipe } from "../../schemas/index.ts";
import type { FittedModel } from "../../train/families/family.ts";
import { fitResidual } from "../../train/families/residual.ts";
import { validationMae } from "../../train/families/validation-mae.ts";
import { scoreSelections } from "../../train/selections.ts";
import type { TrainingData } from "../../train/standardised.ts";
import { context, inputFrom, type RecipeFields } from "./family-input.ts";
import { paperDataset } from "./search/two-validation-sets.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-residual-sets-"));
  data = await paperDataset(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const recipe = ({ optimisation, ...more }: RecipeFields = {}) =>
  ResidualRecipe.parse({
    schemaVersion: 1,
    name: "test",
    family: "residual",
    start: { kind: "ridge", lambda: 0.1 },
    optimisation: { batchSize: 20, epochs: 12, learningRate: 0.003, ...optimisation },
    ...more,
  });
const blocks = { width: 16, depth: 1, dropout: 0 };
const kernel = {
  kind: "kernel",
  clusters: [1, 2],
  shape: [
    { gamma: 0.3, linear: 0.5 },
    { gamma: 3, linear: 0.1 },
  ],
};
const sets = ["validation", "validation:GEO", "validation:1000G"];
const cohortOf = (set: string): string | undefined => /:(.*)/.exec(set)?.[1];

/** MAE of what each set has kept, on its own rows, predicted anew. */
async function ownMaes(fitted: FittedModel, rows: TrainingData): Promise<Record<string, number | undefined>> {
  const maes: [string, number | undefined][] = [];
  for (const { name, open } of fitted.selections ?? []) {
    await using prediction = await open();
    maes.push([name, await validationMae(prediction.predictZ, rows, cohortOf(name))]);
  }
  return Object.fromEntries(maes);
}

const selectedBy = (fitted: FittedModel, set: string) => fitted.selections?.find(({ name }) => name === set)?.selected;

it("keeps every member's best epoch by each validation set, the start alone where a set wants none", async () => {
  const input = await inputFrom(data);
  await using start = await fitResidual(recipe(), input);
  await using fitted = await fitResidual(recipe({ blocks: { ...blocks, members: 2 } }), input);
  expect(fitted.selections?.map(({ name }) => name)).toEqual(sets);
  const maes = await ownMaes(fitted, input.data);
  for (const set of sets) {
    const atStart = await validationMae(start.predictZ, input.data, cohortOf(set));
    const selected = selectedBy(fitted, set);
    expect(Object.keys(selected ?? {})).toEqual(["lambda", "epoch of member 1", "epoch of member 2"]);
    const isStart = selected?.["epoch of member 1"] === 0 && selected["epoch of member 2"] === 0;
    expect(maes[set] === atStart).toBe(isStart);
    expect(maes[set]).toBeLessThanOrEqual(atStart ?? 0);
  }
  expect(selectedBy(fitted, "validation")).toEqual(fitted.selected);
  expect(selectedBy(fitted, "validation:1000G")).not.toEqual(selectedBy(fitted, "validation:GEO"));
});

it("keeps of one member the epoch with the smallest error of the set, 0 among them", async () => {
  const input = await inputFrom(data);
  await using start = await fitResidual(recipe(), input);
  await using fitted = await fitResidual(recipe({ blocks, selectOn: "GEO" }), input);
  const maes = await ownMaes(fitted, input.data);
  const epochs = sets.map((set) => selectedBy(fitted, set)?.["epoch"]);
  expect(epochs[1]).toBe(fitted.selected["epoch"]);
  expect(new Set(epochs).size).toBeGreaterThan(1);
  for (const [at, set] of sets.entries()) {
    const atStart = await validationMae(start.predictZ, input.data, cohortOf(set));
    const errors = [atStart ?? 0, ...(fitted.training?.history.map(({ mae }) => mae[set] ?? Number.NaN) ?? [])];
    expect(epochs[at]).toBe(errors.indexOf(Math.min(...errors)));
    expect(maes[set]).toBeCloseTo(Math.min(...errors), 5);
  }
});

it.each([{ kind: "ridge" }, kernel])("without blocks keeps the start that each set chooses: $kind", async (start) => {
  const input = await inputFrom(data);
  await using fitted = await fitResidual(recipe({ start }), input);
  const maes = await ownMaes(fitted, input.data);
  expect(fitted.selections?.map(({ name }) => name)).toEqual(sets);
  // Fitted anew: two with the same choices may still be two.
  expect(fitted.selections?.map(({ isOwn }) => isOwn)).toEqual([false, true, true]);
  expect(selectedBy(fitted, "validation:1000G")).not.toEqual(selectedBy(fitted, "validation:GEO"));
  for (const set of ["GEO", "1000G"]) {
    await using alone = await fitResidual(recipe({ start, selectOn: set }), input);
    expect(selectedBy(fitted, `validation:${set}`)).toEqual(alone.selected);
    expect(maes[`validation:${set}`]).toBe(await validationMae(alone.predictZ, input.data, set));
  }
  const scored = await scoreSelections(fitted.selections ?? [], { ...context, data: input.data, geneIds: genes(7) });
  expect(scored.map(({ selectedOn }) => selectedOn)).toEqual(sets);
  for (const { selectedOn, mae } of scored) expect(mae[selectedOn]?.mean).toBeCloseTo(maes[selectedOn] ?? 0, 5);
});

const genes = (count: number): string[] => Array.from({ length: count }, (_, at) => `g${at}`);

it("the cohort named in the optimisation chooses the start too", async () => {
  const input = await inputFrom(data);
  const start = { kind: "ridge" };
  await using above = await fitResidual(recipe({ start, selectOn: "1000G" }), input);
  await using below = await fitResidual(recipe({ start, optimisation: { selectOn: "1000G" } }), input);
  await using all = await fitResidual(recipe({ start }), input);
  expect(below.selected).toEqual(above.selected);
  expect(below.selected).not.toEqual(all.selected);
});
