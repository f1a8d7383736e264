import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDataset } from "../../data/node/dataset.ts";
import { type PrepareOptions, prepareDataset } from "../../data/node/prepare.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { Recipe } from "../../schemas/index.ts";
import { train } from "../../train/train.ts";
import { prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-served-"));
  const path = join(folder, "in.gctx");
  await writeSmallCohort(path, { samples: 60, genes: 8 });
  const split: PrepareOptions["split"] = { kind: "random", fractions: [0.8, 0, 0.2], seed: 1 };
  await prepareDataset(prepareOptions(path, join(folder, "validated")));
  await prepareDataset({ ...prepareOptions(path, join(folder, "bare")), split });
});
afterAll(() => rm(folder, { recursive: true }));

const recipe = (fields: object): Recipe => Recipe.parse({ schemaVersion: 1, name: "test", ...fields });

/** Trains where nothing can be computed: what is refused is refused before. */
async function refused(data: string, fields: object) {
  await using dataset = await openDataset(join(folder, data));
  const open: OpenSession = () => Promise.reject(new Error("something was computed"));
  const out = join(folder, "run");
  const training = train({ recipe: recipe(fields), dataset, open, device: "cpu", out, onProgress: () => undefined });
  const error: unknown = await training.catch((one: unknown) => one);
  expect((await readdir(folder)).filter((name) => name.includes("run"))).toEqual([]);
  return error;
}

const optimisation = { batchSize: 12, epochs: 1 };

it.each([
  { family: "linear", lambda: 0.1, selectOn: "nobody" },
  { family: "linear", penalty: "none", selectOn: "nobody" },
  { family: "knn", k: 2, selectOn: "nobody" },
  { family: "residual", start: { kind: "ridge", lambda: 0.1 }, selectOn: "nobody" },
  { family: "residual", start: { kind: "ridge", lambda: 0.1 }, optimisation: { selectOn: "nobody" } },
  { family: "dgex", hidden: [4], optimisation: { ...optimisation, selectOn: "nobody" } },
])("a cohort without validation rows to select on is refused, whatever there is to choose: $family", async (fields) => {
  const message = /no validation rows in (optimisation\.)?selectOn \(expected main, got nobody\)/;
  expect(await refused("validated", fields)).toMatchObject({ tag: "usage", message });
});

it.each([
  {
    fields: { optimisation: { ...optimisation, batchSize: 500 } },
    message: expect.stringMatching(/larger than the training split/),
  },
  {
    fields: { optimisation: { ...optimisation, schedule: { kind: "plateau" } } },
    message: expect.stringMatching(/no validation rows/),
  },
  {
    fields: { optimisation, blocks: { width: 4, lowRank: 5 } },
    message: expect.stringMatching(/blocks\.lowRank.*at most 4/),
  },
])("what a net cannot be trained with is refused before any pass over the rows: $message", async (one) => {
  const residual = { family: "residual", start: { kind: "none" }, blocks: { width: 4 }, ...one.fields };
  expect(await refused("bare", residual)).toMatchObject({ tag: "usage", message: one.message });
});

it.each([
  { fields: { batchSize: 500 }, message: /larger than the training split/ },
  { fields: { patience: 3 }, message: /no validation rows/ },
])("nor is a net of D-GEX trained with it: $message", async ({ fields, message }) => {
  const dgex = { family: "dgex", hidden: [4], optimisation: { ...optimisation, ...fields } };
  expect(await refused("bare", dgex)).toMatchObject({ tag: "usage", message: expect.stringMatching(message) });
});

it("a residual model of a start alone is not held to what nets are trained with", async () => {
  const start = { family: "residual", start: { kind: "ridge", lambda: 0.1 }, optimisation: { batchSize: 500 } };
  expect(await refused("bare", start)).toMatchObject({ message: "something was computed" });
});

it("two cohorts to select on are refused where they differ", () => {
  const both = (selectOn: string) => recipe({ family: "residual", selectOn: "a", optimisation: { selectOn } });
  expect(() => both("b")).toThrow(/another cohort than selectOn's/);
  expect(both("a")).toMatchObject({ selectOn: "a" });
});
