import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("keeps the JSON Schemas for editors as the zod schemas are", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/json-schemas.mjs", "--check"], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});

it("points every recipe at its JSON Schema", () => {
  const { $schema } = JSON.parse(readFileSync("recipes/ridge.json", "utf8")) as { $schema: string };
  expect(JSON.parse(readFileSync(`recipes/${$schema}`, "utf8"))).toHaveProperty("oneOf");
});
