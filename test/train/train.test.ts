import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataset } from "../../data/node/dataset.ts";
import { type PrepareOptions, prepareDataset } from "../../data/node/prepare.ts";
import { openSession } from "../../runtime/node/open.ts";
import type { Device } from "../../runtime/session.ts";
import { LinearRecipe, Recipe, TrainingRun } from "../../schemas/index.ts";
import { train } from "../../train/train.ts";
import { log2Like, prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-train-"));
});
afterEach(() => rm(folder, { recursive: true }));

const input = (): string => join(folder, "in.gctx");
const data = (): string => join(folder, "dataset");

async function prepared(value: (sample: number, gene: number) => number, more: Partial<PrepareOptions> = {}) {
  await writeSmallCohort(input(), { samples: 60, genes: 8, value });
  return prepareDataset({ ...prepareOptions(input(), data()), ...more });
}

const tuned = LinearRecipe.parse({ schemaVersion: 1, name: "ridge", family: "linear", lambda: 0.1 });

async function trained(device: Device = "cpu", recipe: Recipe = tuned) {
  await using dataset = await openDataset(data());
  const out = join(folder, "run");
  const run = await train({ recipe, dataset, open: openSession, device, out, onProgress: () => undefined });
  expect(TrainingRun.parse(JSON.parse(await readFile(join(out, "run.json"), "utf8")))).toEqual(run);
  return run;
}

describe("a training says", () => {
  it("which targets are landmarks too, and what the scores are without them", async () => {
    await prepared(log2Like);
    const { notes, scores, device } = await trained();
    expect(notes).toContain("1 of 5 targets are landmarks too: scored with and without them");
    const { mae, withoutOverlap } = scores.test ?? {};
    // Ridge copies the landmark into the target, nearly: the mean over the five is lower than over the other four.
    expect(mae?.model).toBeLessThan(withoutOverlap?.model ?? 0);
    expect(device).toBe("cpu");
  });

  it("that every target is one, where they are other probes of the landmarks: nothing is left to score without them", async () => {
    const genes = [0, 1, 2];
    const map = async (name: string, probe: number) => {
      const lines = genes.map((gene) => `SYM${gene}\tENSG0000000000${gene}\t${probe + gene}_at\n`);
      await writeFile(join(folder, name), lines.join(""));
      return { kind: "map", path: join(folder, name) } as const;
    };
    const [landmarks, targets] = [await map("lm.txt", 200_000), await map("tg.txt", 210_000)];
    const { warnings } = await prepared(log2Like, { landmarks, targets });
    expect(warnings.join()).toMatch(/all targets \(3\) are landmarks too/);
    const { notes, scores } = await trained();
    expect(notes).toContain("all 3 targets are landmarks too: no score is of a gene that the model is not given");
    expect(notes.join()).not.toMatch(/with and without/);
    expect(scores.test?.withoutOverlap).toBeUndefined();
  });

  it("that a net whose rate was too high is worse than the mean, and what to change", async () => {
    await prepared(log2Like);
    const optimisation = { epochs: 2, batchSize: 12, learningRate: 0.5 };
    const wild = Recipe.parse({ schemaVersion: 1, name: "wild", family: "dgex", hidden: [8], optimisation });
    const said = "the model is worse than the mean of training rows";
    expect((await trained("cpu", wild)).notes).toContain(`${said}: a smaller optimisation.learningRate may do better`);
    await rm(join(folder, "run"), { recursive: true });
    expect((await trained()).notes.join()).not.toMatch(said);
  });

  it("nothing of landmarks among the targets where there are none", async () => {
    await prepared(log2Like, { targets: { kind: "rest" } });
    const { notes, scores } = await trained();
    expect(notes.join()).not.toMatch(/landmarks too/);
    expect(scores.test?.withoutOverlap).toBeUndefined();
  });

  it("by finite scores that a gene which never varies does no harm; preparation has named it", async () => {
    const { warnings } = await prepared((sample, gene) => (gene === 2 || gene === 6 ? 3 : log2Like(sample, gene)));
    expect(warnings).toContain("no variation in the training rows for 2 genes: GENE2, GENE6");
    const { scores, transform } = await trained();
    expect(transform.landmarks.sd[2]).toBe(0);
    for (const { mae } of [scores.train, scores.validation, scores.test].flatMap((split) => split ?? []))
      expect(Object.values(mae).every(Number.isFinite)).toBe(true);
  });

  it("at once that a device does not work, before anything is written", async (ctx) => {
    await prepared(log2Like);
    if (process.platform === "win32") ctx.skip("DirectML works on Windows");
    await expect(trained("dml")).rejects.toMatchObject({
      tag: "unavailable",
      message: expect.stringMatching(/dml does not work here.*Windows/),
    });
    await expect(readFile(join(folder, "run", "run.json"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

it("holds ridge of a λ of its own against ridge whose λ was chosen", async () => {
  await prepared(log2Like);
  const maes = async (more: object) => {
    const recipe = LinearRecipe.parse({ schemaVersion: 1, name: "ridge", family: "linear", ...more });
    const { scores } = await trained("cpu", recipe);
    await rm(join(folder, "run"), { recursive: true });
    return scores.validation?.mae ?? { model: Number.NaN, ridge: Number.NaN };
  };
  const chosen = await maes({});
  expect(chosen.model).toBe(chosen.ridge);
  for (const lambda of [1000, [1000, 2000]]) {
    const { model, ridge } = await maes({ lambda });
    expect(ridge).toBe(chosen.model);
    expect(model).toBeGreaterThan(chosen.model);
  }
});

it("a split by groups of a single group is refused when the data are prepared, naming the column", async () => {
  const fields = { site: Array.from({ length: 60 }, () => "A") };
  await writeSmallCohort(input(), { samples: 60, genes: 8, fields });
  const preparing = prepareDataset({
    ...prepareOptions(input(), data()),
    split: { kind: "group", field: "site", fractions: [0.8, 0.1, 0.1], seed: 1 },
  });
  await expect(preparing).rejects.toMatchObject({
    tag: "usage",
    message:
      /too few groups in site to split \(expected at least 3, one for each part, got 1\)\. Choose another --split/,
  });
});
