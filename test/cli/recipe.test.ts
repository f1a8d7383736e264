import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";

const linear = { schemaVersion: 1, name: "mine", family: "linear" };
const residual = { schemaVersion: 1, name: "mine", family: "residual" };
const loss = { kind: "huber", delt: 1 };

/** `landfall train` of a recipe with this text: exit status and what was told. A recipe is read before anything else. */
async function train(text: string, ...flags: readonly string[]): Promise<{ status: number | null; told: string }> {
  const folder = await mkdtemp(join(tmpdir(), "landfall-recipe-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const recipe = join(folder, "mine.json");
  await writeFile(recipe, text);
  const args = ["bin/landfall.js", "train", recipe, "--data", join(folder, "data"), "-o", join(folder, "run")];
  const { status, stderr } = spawnSync(process.execPath, [...args, ...flags], { encoding: "utf8" });
  return { status, told: stderr.replaceAll(folder, "DIR") };
}

describe("landfall train refuses a recipe", () => {
  it.each([
    [
      "with an unknown field",
      JSON.stringify({ ...linear, lamda: 0.3 }),
      'DIR/mine.json: not a valid recipe (got ✖ no such field: "lamda" (there are schemaVersion, name, description, ' +
        "family, penalty, lambda, selectOn, tolerance, maxIterations))",
    ],
    [
      "with an unknown field in another one",
      JSON.stringify({ ...residual, optimisation: { loss } }),
      'not a valid recipe (got ✖ no such field: "delt" (there are kind, delta)\n  → at optimisation.loss)',
    ],
    [
      "with fields that belong into another one",
      JSON.stringify({ ...residual, epochs: 3, batchSize: 10 }),
      "selectOn); did you mean optimisation.epochs, optimisation.batchSize?)",
    ],
    [
      "of an unknown family",
      JSON.stringify({ ...linear, family: "liner" }),
      "Expected 'linear' | 'knn' | 'dgex' | 'residual'\n  → at family",
    ],
    [
      "that is broken JSON",
      '{"schemaVersion": 1, "name": "mine",}',
      "DIR/mine.json: the recipe is broken JSON (got Expected double-quoted property name in JSON at position 36",
    ],
    ["that is an array", "[1]", "DIR/mine.json: not a recipe (expected a JSON object, got an array)"],
    ["that is a number", "3", "DIR/mine.json: not a recipe (expected a JSON object, got a number)"],
    ["that is null", "null", "DIR/mine.json: not a recipe (expected a JSON object, got null)"],
  ])("%s", async (_, text, message) => {
    const { status, told } = await train(text);
    expect([status, told]).toEqual([64, expect.stringContaining(message)]);
  });

  it("of which a setting leads into something without fields", async () => {
    const { status, told } = await train(JSON.stringify({ ...linear, penalty: "l2" }), "--set", "penalty.x=1");
    expect([status, told]).toEqual([
      64,
      'landfall: --set penalty.x=1: penalty has no fields to set (got "l2"). ' +
        "Set the whole of it, or choose another field\n",
    ]);
  });
});
