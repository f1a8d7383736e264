import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readRecipe } from "../cli/recipe.ts";
import { readSearchSpace } from "../cli/search-space.ts";
import { openDataset } from "../data/node/dataset.ts";
import { openSession } from "../runtime/node/open.ts";
import { Recipe } from "../schemas/index.ts";
import { planTrials } from "../train/search/plan-trials.ts";
import { train } from "../train/train.ts";
import { smallDataset } from "./train/search/small-search.ts";

const all = readdirSync("recipes", { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".json"));
const spaces = all.filter((path) => path.startsWith("search")).map((path) => join("recipes", path));
const recipes = all.filter((path) => !path.startsWith("search")).map((path) => join("recipes", path));
const dataset = { name: "d", hash: "h" };

/** What a file says, with its `$schema`. */
const written = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, "utf8"));

describe.each(recipes)("%s", (path) => {
  it("is a recipe that says what it is and where its schema lies", async () => {
    const { description = "" } = await readRecipe(path);
    expect(description).toMatch(/^[A-Z].{20,}\.$/);
    expect(readFileSync(join(dirname(path), String(written(path)["$schema"])), "utf8")).toContain('"$schema": {');
  });
});

describe.each(spaces)("%s", (path) => {
  it("is a search space that says what it is, and all its trials are recipes", async () => {
    const space = await readSearchSpace(path);
    expect(space.description).toMatch(/^[A-Z].{20,}\.$/);
    expect(planTrials(space, dataset).length).toBeGreaterThan(1);
  });
});

it("docs/recipes.md tells of every recipe and search space, of the paper's nets by their folder", () => {
  const document = readFileSync("docs/recipes.md", "utf8");
  const names = all.map((path) => (dirname(path) === "dgex" ? "recipes/dgex/" : `recipes/${path}`));
  expect(
    [...new Set(names)].filter((name) => !document.includes(`\`${name}\``) && !document.includes(` ${name}`)),
  ).toEqual([]);
});

it("recipes/dgex.json becomes the paper's two nets of random halves by the setting that docs/recipes.md tells", async () => {
  const document = readFileSync("docs/recipes.md", "utf8");
  const [, setting = ""] = /train recipes\/dgex\.json .*--set (\S+)/.exec(document) ?? [];
  expect(await readRecipe("recipes/dgex.json", [setting])).toMatchObject({
    partitions: { count: 2, by: "random", seed: 1 },
  });
});

describe("recipes/dgex", () => {
  const grid = recipes.filter((path) => dirname(path) === join("recipes", "dgex"));

  it("is as its generator writes it", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/dgex-grid.mjs", "--check"], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("holds the 27 nets of the paper, 1 to 3 layers of 3000, 6000 or 9000 units, dropout 0, 10 or 25 %", async () => {
    const nets = await Promise.all(grid.map((path) => readRecipe(path)));
    const places = nets.map((net) => {
      if (net.family !== "dgex") throw new Error(net.family);
      expect(new Set(net.hidden).size).toBe(1);
      return `${net.hidden.length} ${net.hidden[0]} ${net.dropout}`;
    });
    const wanted = [1, 2, 3].flatMap((layers) =>
      [3000, 6000, 9000].flatMap((units) => [0, 0.1, 0.25].map((dropout) => `${layers} ${units} ${dropout}`)),
    );
    expect(places.toSorted()).toEqual(wanted.toSorted());
  });

  it("is what recipes/search/dgex-grid.json trains, field by field", async () => {
    const content = (recipe: Recipe): string => JSON.stringify({ ...recipe, name: "", description: "" });
    const space = await readSearchSpace(join("recipes", "search", "dgex-grid.json"));
    const trials = planTrials(space, dataset).filter(({ kind }) => kind === "trial");
    const files = await Promise.all(grid.map((path) => readRecipe(path)));
    expect(trials.map(({ recipe }) => content(recipe)).toSorted()).toEqual(files.map(content).toSorted());
  });

  it("differs from the published settings in nothing else (Chen et al. 2016; systems.md B3–B6)", async () => {
    for (const path of grid) {
      const { $schema: _, ...rest } = written(path);
      expect(Object.keys(rest)).toEqual(["schemaVersion", "name", "description", "family", "hidden", "dropout"]);
    }
    expect(await readRecipe(grid[0] ?? "")).toMatchObject({
      activation: "tanh",
      outputInit: 1e-4,
      optimisation: {
        loss: { kind: "squared" },
        optimiser: { kind: "momentum", momentum: 0.5 },
        schedule: { kind: "decay-on-rise", factor: 0.9, floor: 1e-5 },
        epochs: 200,
        batchSize: 200,
        monitorRows: 5000,
      },
    });
  });
});

/** A recipe with every width, count of epochs and size of a batch so small that it trains in a moment. */
function shrunk(value: unknown, key = ""): unknown {
  if (typeof value === "number" && key === "hidden") return 3;
  if (typeof value === "number" && ["width", "lowRank", "clusters"].includes(key)) return Math.min(value, 3);
  if (key === "epochs" && typeof value === "number") return 1;
  if (key === "batchSize") return 16;
  if (Array.isArray(value)) return value.map((one) => shrunk(one, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shrunk(one, name)]));
}

const top = recipes.filter((path) => dirname(path) === "recipes");

it("every family has a recipe", async () => {
  const families = await Promise.all(top.map(async (path) => (await readRecipe(path)).family));
  expect([...new Set(families)].toSorted()).toEqual(Recipe.options.map(({ shape }) => shape.family.value).toSorted());
});

it.each(top)("a small variant of %s trains", async (path) => {
  const folder = await mkdtemp(join(tmpdir(), "landfall-recipe-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await using opened = await openDataset(await smallDataset(folder));
  const recipe = Recipe.parse(shrunk(await readRecipe(path)));
  const out = join(folder, "run");
  const run = await train({
    recipe,
    dataset: opened,
    open: openSession,
    device: "cpu",
    out,
    onProgress: () => undefined,
  });
  expect(run.scores.validation?.mae.model).toBeGreaterThan(0);
  expect(run.scores.validation?.mae.model).toBeLessThan(3);
});
