import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Recipe } from "../../schemas/index.ts";

it("keeps the JSON Schemas for editors as the zod schemas are", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/json-schemas.mjs", "--check"], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});

const recipes = readdirSync("recipes").filter((file) => file.endsWith(".json"));

it.each(recipes)("recipes/%s is a valid recipe and points at its JSON Schema", (file) => {
  const { $schema, ...recipe } = JSON.parse(readFileSync(join("recipes", file), "utf8")) as { $schema: string };
  expect(Recipe.safeParse(recipe).error).toBeUndefined();
  expect(readFileSync(join("recipes", $schema), "utf8")).toContain('"$schema": {');
});
