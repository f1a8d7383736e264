import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { leaderboardText } from "../../../cli/search-text.ts";
import { RunSelections, TrainingRun } from "../../../schemas/index.ts";
import { searchSmall, smallDataset, smallNet, temporaryFolder } from "./small-search.ts";

/** Folder and dataset of a test, with what lies in the search's folder. */
async function setting() {
  const folder = await temporaryFolder();
  const data = await smallDataset(folder);
  const text = (name: string): Promise<string> => readFile(join(folder, "out", name), "utf8");
  const trials = async (): Promise<string[]> => (await readdir(join(folder, "out", "trials"))).toSorted();
  const runs = async () => {
    const keys = (await trials()).filter((name) => !name.includes("."));
    return Promise.all(keys.map(async (key) => TrainingRun.parse(JSON.parse(await text(`trials/${key}/run.json`)))));
  };
  /** When each run was written: a repeated one is newer. */
  const written = async (): Promise<number[]> => {
    const keys = (await trials()).filter((name) => !name.includes("."));
    return Promise.all(keys.map(async (key) => (await stat(join(folder, "out", "trials", key, "run.json"))).mtimeMs));
  };
  return { folder, data, text, trials, runs, written };
}

const hidden = { choice: [[3], [4]] };
/** A net for each half of the targets. */
const twoNets = { ...smallNet, partitions: { count: 2 } };

describe("a search", () => {
  it("makes an ordinary run of every trial and ranks them by validation MAE", async () => {
    const { folder, data, text, runs } = await setting();
    const { board } = await searchSmall(
      { "optimisation.learningRate": { choice: [0.001, 0.02, 0.01] } },
      { folder, data },
    );
    const made = await runs();
    expect(made.map(({ recipe }) => recipe.name)).toEqual(["small-001", "small-002", "small-003"]);
    const errors = made.map(({ scores }) => scores.validation?.mae.model ?? Number.NaN);
    const ranked = board.rows.filter(({ place }) => place !== undefined);
    expect(ranked.map(({ validationMae }) => validationMae)).toEqual(errors.toSorted((a, b) => a - b));
    expect(ranked.map(({ place }) => place)).toEqual([1, 2, 3]);
    expect(board.ridgeMae).toBe(made[0]?.scores.validation?.mae.ridge);
    const lines = (await text("leaderboard.tsv")).trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 3 + 1);
    expect(await text("leaderboard.html")).toContain("Choose by validation MAE.");
  });

  it("never repeats a finished trial, and goes on with the same command", async () => {
    const { folder, data, written, text } = await setting();
    const stop = new AbortController();
    const onTrial = (): void => stop.abort();
    await expect(searchSmall({ hidden }, { folder, data, signal: stop.signal, onTrial })).rejects.toMatchObject({
      tag: "cancelled",
    });
    const first = await written();
    expect(first).toHaveLength(1);
    expect(await text("leaderboard.tsv")).toMatch(/\n\t002-[0-9a-f]+\tto do\t/);
    const told: string[] = [];
    await searchSmall({ hidden }, { folder, data, onTrial: ({ key }) => told.push(key.slice(0, 3)) });
    expect(told).toEqual(["002"]);
    expect((await written())[0]).toBe(first[0]);
    await searchSmall({ hidden }, { folder, data, onTrial: ({ key }) => told.push(key) });
    expect(told).toEqual(["002"]);
  });

  it("records a trial that diverges with its reason, goes on, and tries it again only when told to", async () => {
    const { folder, data, trials, text } = await setting();
    const space = { "optimisation.learningRate": { choice: [1e30, 0.01] } };
    const { board } = await searchSmall(space, { folder, data });
    expect(board.rows.map(({ status }) => status)).toEqual(["finished", "finished", "failed"]);
    expect(board.rows.at(-1)?.reason).toMatch(/the training has diverged.*Lower the learning rate/);
    expect(await text("leaderboard.html")).toContain("the training has diverged");
    expect((await trials()).filter((name) => name.startsWith("001"))).toEqual([
      expect.stringMatching(/^001-[0-9a-f]+\.failed\.json$/),
    ]);
    const told: string[] = [];
    const onTrial = ({ key }: { key: string }): void => void told.push(key.slice(0, 3));
    await searchSmall(space, { folder, data, onTrial });
    expect(told).toEqual([]);
    await searchSmall(space, { folder, data, onTrial, retryFailed: true });
    expect(told).toEqual(["001"]);
  });

  it("goes on also where the trial that diverges is of several nets, whose checkpoint is a folder", async () => {
    const { folder, data, trials } = await setting();
    const { board } = await searchSmall(
      { "optimisation.learningRate": { choice: [1e30, 0.01] } },
      { folder, data, more: { base: twoNets } },
    );
    expect(board.rows.map(({ key, status }) => [key.slice(0, 3), status])).toEqual(
      expect.arrayContaining([
        ["001", "failed"],
        ["002", "finished"],
      ]),
    );
    expect((await trials()).filter((name) => name.endsWith(".checkpoint"))).toEqual([]);
  });

  it("takes a damaged checkpoint, of one net or of one of several, for no fault of the trial", async () => {
    for (const [base, name] of [
      [smallNet, ""],
      [twoNets, "/part-1"],
    ] as const) {
      const { folder, data, trials } = await setting();
      const space = { hidden: { choice: [[3]] } };
      await searchSmall(space, { folder, data, more: { base } });
      const [key = ""] = await trials();
      const run = join(folder, "out", "trials", key);
      await rm(run, { recursive: true });
      const damaged = `${run}.checkpoint${name}`;
      await mkdir(dirname(damaged), { recursive: true });
      await writeFile(damaged, "half");
      await expect(searchSmall(space, { folder, data, more: { base } })).rejects.toMatchObject({
        tag: "bad-data",
        fault: { where: damaged, what: "not a whole checkpoint" },
      });
      expect((await trials()).filter((file) => file.endsWith(".failed.json"))).toEqual([]);
    }
  });

  it("trains with the engine that it is told to", async () => {
    const { folder, data, runs } = await setting();
    await searchSmall({ hidden: { choice: [[3], [4]] } }, { folder, data, engine: "tfjs:cpu" });
    expect((await runs()).map(({ engine }) => engine)).toEqual(["tfjs:cpu", "tfjs:cpu"]);
  });

  it("that draws fewer combinations than it was asked for says so", async () => {
    const { folder, data, text } = await setting();
    const asked = (trials: number) =>
      searchSmall({ hidden }, { folder, data, force: true, more: { strategy: "random", trials } });
    expect((await asked(2)).board.notes).toEqual([]);
    const note = "2 trials instead of the 5 asked for: further draws gave no other combination";
    const { board } = await asked(5);
    expect(board.notes).toEqual([note]);
    expect(leaderboardText(board)).toContain(`\nnote: ${note}`);
    expect(await text("leaderboard.html")).toContain(`<p>Note: ${note}.</p>`);
  });

  it("says so when every trial has failed, with the reasons", async () => {
    const { folder, data } = await setting();
    const failing = searchSmall({ "optimisation.learningRate": { choice: [1e30, 1e31] } }, { folder, data });
    await expect(failing).rejects.toMatchObject({
      tag: "bad-data",
      message: expect.stringMatching(/^every trial has failed: 001-.*diverged.*--retry-failed/s),
    });
  });

  it("begins no trial once the budget is spent; a larger one goes on in the same folder", async () => {
    const { folder, data } = await setting();
    const short = await searchSmall({ hidden }, { folder, data, more: { budget: { seconds: 1e-6 } } });
    expect(short.outOfBudget).toBe(true);
    expect(short.board.rows.map(({ status }) => status)).toEqual(["finished", "finished", "to do"]);
    const long = await searchSmall({ hidden }, { folder, data, more: { budget: { seconds: 3600 } } });
    expect(long.outOfBudget).toBe(false);
    expect(long.board.rows.every(({ status }) => status === "finished")).toBe(true);
  });

  it("that finds what a killed process has left half-made clears it away", async () => {
    const { folder, data, trials } = await setting();
    const { board } = await searchSmall({ hidden }, { folder, data });
    const key = board.rows.find(({ place }) => place === 1)?.key ?? "";
    const leftovers = [`.${key}.0a1b2c3d4e5f.tmp`, `${key}.checkpoint`, "099-deadbeef"];
    await mkdir(join(folder, "out", "trials", leftovers[0] ?? ""));
    for (const name of leftovers.slice(1)) await writeFile(join(folder, "out", "trials", name), "half");
    await searchSmall({ hidden }, { folder, data });
    expect((await trials()).filter((name) => leftovers.includes(name))).toEqual([]);
  });
});

it("over λ of ridge has ridge of a chosen λ beside the trials, not the first trial", async () => {
  const { folder, data, runs } = await setting();
  const base = { schemaVersion: 1, name: "small", family: "linear" };
  const { board } = await searchSmall({ lambda: { choice: [1000, 100_000] } }, { folder, data, more: { base } });
  const maes = (await runs()).map(({ scores }) => scores.validation?.mae);
  expect(maes.map((mae) => mae?.ridge)).toEqual([board.ridgeMae, board.ridgeMae]);
  for (const mae of maes) expect(mae?.model).toBeGreaterThan(1.01 * (board.ridgeMae ?? Number.NaN));
});

it("with a device that is not its engine's is refused before a trial is marked as failed", async () => {
  const { folder, data } = await setting();
  const contradiction = searchSmall({ hidden }, { folder, data, engine: "tfjs" });
  await expect(contradiction).rejects.toMatchObject({
    tag: "usage",
    message: expect.stringMatching(/--device: tfjs chooses its device/),
  });
  expect((await readdir(folder, { recursive: true })).join()).not.toMatch(/failed/);
});

describe("a folder of", () => {
  it("another space is refused; with --force its trials go, but for those that both have", async () => {
    const { folder, data, trials, written } = await setting();
    await searchSmall({ hidden }, { folder, data });
    const [before, times] = [await trials(), await written()];
    const other = { hidden: { choice: [[3], [5]] } };
    await expect(searchSmall(other, { folder, data })).rejects.toMatchObject({
      tag: "other-plan",
      message: expect.stringMatching(/search\.json: the folder holds a search of another space.*--force/),
    });
    expect(await trials()).toEqual(before);
    const told: string[] = [];
    await searchSmall(other, { folder, data, force: true, onTrial: ({ key }) => told.push(key.slice(0, 3)) });
    expect(told).toEqual(["002"]);
    expect((await written())[0]).toBe(times[0]);
    expect(await trials()).not.toEqual(before);
    expect((await trials()).filter((name) => !name.includes("."))).toHaveLength(2);
  });

  it("another dataset is refused, naming both", async () => {
    const { folder, data } = await setting();
    await searchSmall({ hidden }, { folder, data });
    const other = await smallDataset(folder, { seed: 2, name: "other" });
    await expect(searchSmall({ hidden }, { folder, data: other })).rejects.toMatchObject({
      tag: "other-plan",
      message: expect.stringMatching(
        /the folder holds a search on another dataset \(expected small \([0-9a-f]{12}\), got small/,
      ),
    });
  });

  it("something else altogether is refused, and left as it is", async () => {
    const { folder, data, trials } = await setting();
    await mkdir(join(folder, "out", "trials"), { recursive: true });
    await writeFile(join(folder, "out", "trials", "thesis.docx"), "years");
    await expect(searchSmall({ hidden }, { folder, data })).rejects.toMatchObject({
      tag: "other-plan",
      message: expect.stringMatching(/holds something that no search has made: thesis\.docx/),
    });
    expect(await trials()).toEqual(["thesis.docx"]);
  });

  it("a damaged search is refused, naming the file", async () => {
    const { folder, data } = await setting();
    await searchSmall({ hidden }, { folder, data });
    await writeFile(join(folder, "out", "search.json"), '{"schemaVersion": 1');
    await expect(searchSmall({ hidden }, { folder, data })).rejects.toMatchObject({
      tag: "bad-data",
      message: expect.stringMatching(/search\.json: is not what a search writes/),
    });
  });
});

it("errors by selection and set of a grid's runs are those that training and history record, cohort by cohort", async () => {
  const { folder, data, text, trials } = await setting();
  const { board, grid } = await searchSmall(
    { hidden, dropout: { choice: [0, 0.1] } },
    { folder, data, more: { baselines: true } },
  );
  const keys = (await trials()).filter((name) => !name.includes("."));
  expect(keys).toHaveLength(4 + 4);
  for (const key of keys) {
    const { selections } = RunSelections.parse(JSON.parse(await text(`trials/${key}/selections.json`)));
    expect(selections.map(({ selectedOn }) => selectedOn)).toEqual(["validation", "validation:A", "validation:B"]);
    const { scores, selected } = TrainingRun.parse(JSON.parse(await text(`trials/${key}/run.json`)));
    // The model's own: all validation rows, as no recipe names a cohort.
    const sets = selections[0]?.mae ?? {};
    expect(selections[0]?.selected).toEqual(selected);
    expect(Object.keys(sets).toSorted()).toEqual([
      "test",
      "test:A",
      "test:B",
      "validation",
      "validation:A",
      "validation:B",
    ]);
    // Another program path: `train` sums over cells, the search averages genes' means.
    expect(sets["test"]?.mean).toBeCloseTo(scores.test?.mae.model ?? Number.NaN, 6);
    expect(sets["validation"]?.mean).toBeCloseTo(scores.validation?.mae.model ?? Number.NaN, 6);
    if (selected["epoch"] === undefined) continue;
    const lines = (await text(`trials/${key}/history.jsonl`)).split("\n");
    for (const { selected: chosen, mae } of selections) {
      const epoch = JSON.parse(lines[(chosen["epoch"] ?? 0) - 1] ?? "{}");
      for (const [set, value] of Object.entries<number>(epoch.mae)) expect(mae[set]?.mean).toBeCloseTo(value, 5);
    }
  }
  const shown = grid?.tables.filter(({ view }) => view.table === 1).map(({ rows }) => rows.map(([name]) => name));
  expect(shown).toHaveLength(2);
  expect(shown?.[0]).toEqual(["1 hidden layer", "LR", "LR-L1", "LR-L2", "KNN-GE"]);
  expect(await text("dgex-grid.html")).toContain("A (test), chosen on A (validation)</h2>");
  expect((await text("dgex-grid.tsv")).split("\n")).toHaveLength(1 + 3 * 6 * 8 + 1);
  for (const [at, { dropout, nets, baselines, set, table }] of (grid?.errors ?? []).entries()) {
    const drawn = grid?.tables[at];
    expect([dropout, set, table]).toEqual([drawn?.dropout, drawn?.view.set, drawn?.view.table]);
    expect(nets.map(({ layers, units }) => [layers, units])).toEqual([
      [1, 3],
      [1, 4],
    ]);
    const shownText = ({ mae, sd }: { mae: number; sd: number }) => `${mae.toFixed(4)} ± ${sd.toFixed(4)}`;
    expect(drawn?.rows).toEqual([
      ["1 hidden layer", ...nets.map(shownText)],
      ...baselines.map((one) => [one.name, shownText(one)]),
    ]);
  }
  expect(grid?.errors).toHaveLength(grid?.tables.length ?? Number.NaN);
  const lr = board.rows.find(({ key }) => key.startsWith("lr-l2"));
  expect(lr).toMatchObject({ kind: "baseline", status: "finished" });
  expect(lr?.place).toBeUndefined();
});
