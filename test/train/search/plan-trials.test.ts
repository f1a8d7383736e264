import { describe, expect, it } from "vitest";
import { type AppError, type FieldValues, isAppError, type RecipeDraft, SearchSpace } from "../../../schemas/index.ts";
import { planTrials, type ResolvedSpace, searchPlan } from "../../../train/search/plan-trials.ts";

const dgex: RecipeDraft = { schemaVersion: 1, name: "base", family: "dgex", hidden: [5] };
const dataset = { name: "d", hash: "h1" };

function resolved(fields: Readonly<Record<string, FieldValues>>, more: object = {}, base = dgex): ResolvedSpace {
  const space = { schemaVersion: 1, name: "try", base, space: fields, strategy: "grid", ...more };
  return { ...SearchSpace.parse(space), base };
}

/** The error that a space is refused with. */
function refusal(space: ResolvedSpace): AppError {
  try {
    planTrials(space, dataset);
  } catch (error) {
    if (isAppError(error, "usage")) return error;
    throw error;
  }
  throw new Error("not refused");
}

/** The lines of an error that name problems. */
const problemsOf = (space: ResolvedSpace): string[] => refusal(space).fault.got?.split("\n  ").slice(1) ?? [];

describe("the trials of a plan", () => {
  it("are the base recipe but for the fields varied, wherever in it they are", () => {
    const trials = planTrials(
      resolved({ dropout: { choice: [0, 0.2] }, "optimisation.loss.kind": { choice: ["huber"] } }),
      dataset,
    );
    expect(trials.map(({ recipe }) => recipe)).toMatchObject([
      { name: "try-001", hidden: [5], dropout: 0, optimisation: { loss: { kind: "huber" }, epochs: 200 } },
      { name: "try-002", hidden: [5], dropout: 0.2, optimisation: { loss: { kind: "huber" }, epochs: 200 } },
    ]);
    expect(trials[1]?.fields).toEqual({ dropout: 0.2, "optimisation.loss.kind": "huber" });
    expect(trials[1]?.recipe.description).toBe('Trial 2 of try: dropout = 0.2, optimisation.loss.kind = "huber"');
    expect(dgex).toEqual({ schemaVersion: 1, name: "base", family: "dgex", hidden: [5] });
  });

  it("have keys of number and content: another recipe or dataset has another key", () => {
    const keys = (base: RecipeDraft, hash: string): string[] =>
      planTrials(resolved({ dropout: { choice: [0, 0.1] } }, {}, base), { name: "d", hash }).map(({ key }) => key);
    const first = keys(dgex, "h1");
    expect(first).toEqual([expect.stringMatching(/^001-[0-9a-f]{8}$/), expect.stringMatching(/^002-[0-9a-f]{8}$/)]);
    expect(keys(dgex, "h1")).toEqual(first);
    for (const other of [keys({ ...dgex, hidden: [6] }, "h1"), keys(dgex, "h2")])
      expect(other.some((key) => first.includes(key))).toBe(false);
  });

  it("begin with LR, LR-L1, LR-L2 and KNN-GE where baselines are wanted", () => {
    const trials = planTrials(resolved({ dropout: { choice: [0] } }, { baselines: true }), dataset);
    expect(trials.map(({ kind, recipe }) => [kind, recipe.family, "penalty" in recipe ? recipe.penalty : ""])).toEqual([
      ["baseline", "linear", "none"],
      ["baseline", "linear", "l1"],
      ["baseline", "linear", "l2"],
      ["baseline", "knn", ""],
      ["trial", "dgex", ""],
    ]);
  });
});

describe("a space is refused before anything is trained", () => {
  it("naming unknown fields and bad values, each once", () => {
    const problems = problemsOf(
      resolved({
        hiden: { choice: [[3], [4]] },
        hidden: { choice: [[3], [0], [], "x"] },
        dropout: { choice: [0.1, 1.5, 2.5] },
        "optimization.batchSize": { integer: [10, 20] },
        "optimisation.learningrate": { choice: [0.1] },
        "optimisation.optimiser.kind": { choice: ["momentum", "sgd"] },
      }),
    );
    expect(problems.toSorted()).toEqual([
      "dropout: Too big: expected number to be <1 (got 1.5)",
      'hidden: Invalid input: expected array, received string (got "x")',
      "hidden: Too small: expected array to have >=1 items (got [])",
      "hidden: Too small: expected number to be >0 (got [0])",
      "hiden: recipes of this family have no such field",
      "optimisation.learningrate: recipes of this family have no such field",
      expect.stringMatching(/^optimisation\.optimiser\.kind: .*\(got "sgd"\)$/),
      "optimization.batchSize: recipes of this family have no such field",
    ]);
  });

  it("also for an end of a range that no trial has drawn", () => {
    const random = { strategy: "random", trials: 1, seed: 3 };
    expect(problemsOf(resolved({ dropout: { uniform: [0, 1] } }, random))).toEqual([
      "dropout: Too big: expected number to be <1 (got 1)",
    ]);
  });

  it("for mistakes of the base recipe, told apart from the fields varied", () => {
    const base = { ...dgex, activation: "relu", epochs: 3 };
    expect(problemsOf(resolved({ dropout: { choice: [0, 0.1] } }, {}, base))).toEqual([
      'activation of the base recipe: Invalid input: expected "tanh"',
      expect.stringMatching(/^epochs of the base recipe: /),
    ]);
  });

  it("for fields inside other ones, and those that only name a recipe", () => {
    const loss: FieldValues = { choice: [{ kind: "squared" }] };
    const fields = { "optimisation.loss": loss, "optimisation.loss.kind": loss, name: { choice: ["a"] } };
    expect(problemsOf(resolved(fields))).toEqual([
      "name: cannot be varied",
      "optimisation.loss.kind: is a part of optimisation.loss",
    ]);
  });

  it("for a dataset without validation rows, which nothing could be ranked by", () => {
    const opened = { dataset: { name: "d" }, hash: "h", sampleCount: () => 0 };
    const space = resolved({ dropout: { choice: [0] } });
    expect(() => searchPlan(space, opened as unknown as Parameters<typeof searchPlan>[1])).toThrow(
      /^d: a search ranks by validation MAE, but the dataset has no validation rows/,
    );
  });
});

describe("a search space is no search space", () => {
  const parse = (more: object) => {
    const fields = { schemaVersion: 1, name: "s", base: "b", space: { a: { choice: [1] } }, strategy: "grid", ...more };
    return SearchSpace.safeParse(fields).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  };

  it.each([
    ["a range upside down", { space: { a: { uniform: [2, 1] } } }, "space.a.uniform: expected the low end before"],
    ["a logarithm of 0", { space: { a: { "log-uniform": [0, 1] } } }, "space.a.log-uniform: expected the low end"],
    ["another distribution", { space: { a: { normal: [0, 1] } } }, 'space.a: expected {"choice": [value, …]}'],
    ["no field", { space: {} }, "space: no field to vary"],
    ["a path with a gap", { space: { "a..b": { choice: [1] } } }, "space.a..b: "],
    ["a random search without a number", { strategy: "random" }, "trials: a random search needs the number"],
    ["a grid with a number", { trials: 3 }, "trials: a random search needs the number"],
    ["an unknown field", { retries: 3 }, ": Unrecognized key"],
  ])("with %s", (_, more, message) => {
    expect(parse(more)?.[0]).toContain(message);
  });

  it("but one with a budget and baselines is", () => {
    expect(parse({ budget: { seconds: 5 }, baselines: true })).toBeUndefined();
  });
});
