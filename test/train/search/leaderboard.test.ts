import { describe, expect, it } from "vitest";
import { type SearchPlan, SearchSpace, type TrainingRun } from "../../../schemas/index.ts";
import { fieldFigures } from "../../../train/search/field-figures.ts";
import { leaderboard, leaderboardTsv } from "../../../train/search/leaderboard.ts";
import { leaderboardPage } from "../../../train/search/leaderboard-page.ts";
import { planTrials } from "../../../train/search/plan-trials.ts";
import type { TrialOutcome } from "../../../train/search/search-folder.ts";

const base = { schemaVersion: 1, name: "b", family: "dgex" };
const rates = [1e-4, 1e-3, 1e-2, 1e-1];
const written = {
  schemaVersion: 1,
  name: "try <it>",
  base,
  space: { "optimisation.learningRate": { choice: rates }, hidden: { choice: [[3], [4, 4]] } },
  strategy: "grid",
};
const space = { ...SearchSpace.parse(written), base };
const dataset = { name: "d", hash: "abc" };
const plan: SearchPlan = { schemaVersion: 1, dataset, identity: "i", space, trials: planTrials(space, dataset) };

/** A finished trial with the errors given; nothing else of a run is looked at. */
function finished(validation: number, test: number, seconds = 1): TrialOutcome {
  const scores = (model: number) => ({ samples: 5, mae: { model, mean: 0.8, ridge: 0.5 } });
  const run = { scores: { validation: scores(validation), test: scores(test) }, selected: { epoch: 7 }, seconds };
  return { kind: "finished", run: run as unknown as TrainingRun };
}

const failed = (reason: string): TrialOutcome => ({
  kind: "failed",
  failure: { schemaVersion: 1, reason, seconds: 2 },
});

function boardOf(outcomes: readonly (TrialOutcome | undefined)[]) {
  const known = plan.trials.flatMap(({ key }, at): [string, TrialOutcome][] => {
    const outcome = outcomes[at];
    return outcome ? [[key, outcome]] : [];
  });
  return leaderboard(plan, new Map(known));
}

const mixed = [
  finished(0.45, 0.41),
  finished(0.4, 0.6),
  failed("it has\tdiverged\n at <once>"),
  finished(0.45, 0.3),
  undefined,
  finished(0.6, 0.6),
];

describe("the leaderboard", () => {
  it("goes by validation MAE whatever the test MAE says; of equals the earlier comes first; ridge is in its place", () => {
    const { rows } = boardOf(mixed);
    expect(rows.map(({ key, place }) => [key.slice(0, 3), place])).toEqual([
      ["002", 1],
      ["001", 2],
      ["004", 3],
      ["rid", undefined],
      ["006", 4],
      ["003", undefined],
      ["005", undefined],
      ["007", undefined],
      ["008", undefined],
    ]);
  });

  it("as a TSV has a line a row, values as JSON, and a warning in the name of the test column", () => {
    const lines = leaderboardTsv(boardOf(mixed)).split("\n").slice(0, -1);
    expect(lines[0]).toBe(
      "place\ttrial\tstatus\toptimisation.learningRate\thidden\tvalidation_mae\tgain_on_ridge\ttest_mae_not_to_choose_by\tselected\treason",
    );
    expect(lines[1]).toMatch(
      /^1\t002-[0-9a-f]+\tfinished\t0\.0001\t\[4,4\]\t0\.400000\t0\.200000\t0\.600000\tepoch = 7\t$/,
    );
    expect(lines[4]).toBe("\tridge\tfinished\t\t\t0.500000\t0.000000\t0.500000\t\t");
    expect(lines[6]).toMatch(/^\t003-[0-9a-f]+\tfailed\t0\.001\t\[3\]\t\t\t\t\tit has diverged at <once>$/);
    expect(new Set(lines.map((line) => line.split("\t").length))).toEqual(new Set([10]));
  });

  it("does not depend on how long trials took", () => {
    const [fast, slow] = [1, 100].map((seconds) => boardOf([finished(0.4, 0.4, seconds), finished(0.5, 0.5, seconds)]));
    if (fast === undefined || slow === undefined) throw new Error("no boards");
    expect(leaderboardTsv(slow)).toBe(leaderboardTsv(fast));
    expect(leaderboardPage(slow)).toBe(leaderboardPage(fast));
  });

  it("as a page escapes what users wrote, and runs no script", () => {
    const page = leaderboardPage(boardOf(mixed));
    expect(page).toContain("Search try &lt;it&gt; on d");
    expect(page).toContain("at &lt;once&gt;");
    expect(page).toContain("Choose by validation MAE. The test MAE tells what the chosen trial is worth");
    expect(page).not.toMatch(/<script|<link|<img|@import| on[a-z]+=/i);
  });

  it("before the first result is a list of what is to do, without plots", () => {
    const board = boardOf([]);
    expect(board.ridgeMae).toBeUndefined();
    expect(board.rows.every(({ status }) => status === "to do")).toBe(true);
    expect(leaderboardPage(board)).not.toContain("<svg");
  });
});

describe("the plots", () => {
  it("show every field that the finished trials differ in, ridge beside them", () => {
    const figures = fieldFigures(boardOf(mixed));
    expect(figures.map(({ title }) => title)).toEqual([
      "Validation error by optimisation.learningRate",
      "Validation error by hidden",
    ]);
    for (const { svg } of figures) expect(svg).toContain(">ridge<");
    expect(figures[1]?.svg).toContain(">[4,4]<");
    expect(fieldFigures(boardOf([finished(0.4, 0.4), finished(0.5, 0.5)])).map(({ title }) => title)).toEqual([
      "Validation error by hidden",
    ]);
  });

  it("label a field over orders of magnitude at powers of ten or finer", () => {
    const all = rates.flatMap((_, at) => [finished(0.4 + at / 100, 0.4), finished(0.41 + at / 100, 0.4)]);
    const [rate] = fieldFigures(boardOf(all));
    for (const tick of ["0.0001", "0.001", "0.01", "0.1"]) expect(rate?.svg).toContain(`>${tick}<`);
  });

  it("leave out trials that went wrong, and say how many", () => {
    const figures = fieldFigures(boardOf([finished(0.4, 0.4), finished(0.5, 0.5), finished(9, 9), finished(1e30, 9)]));
    expect(figures[0]?.caption).toContain("2 with more than 3 times the smallest error are not drawn");
  });
});
