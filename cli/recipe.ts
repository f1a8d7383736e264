import { readFile } from "node:fs/promises";
import { z } from "zod";
import { AppError } from "../schemas/errors.ts";
import { Recipe } from "../schemas/index.ts";

/** `a.b=3` sets field `b` of `a`; a value that is JSON is taken as JSON, anything else as text. */
export function assign(target: Record<string, unknown>, setting: string): void {
  const at = setting.indexOf("=");
  if (at < 1)
    throw new AppError("usage", {
      what: "--set wants key=value",
      got: setting,
      advice: "For example --set lambda=0.3",
    });
  const path = setting.slice(0, at).split(".");
  const last = path.pop() ?? "";
  let place = target;
  for (const key of path) {
    place[key] ??= {};
    place = place[key] as Record<string, unknown>;
  }
  place[last] = jsonOrText(setting.slice(at + 1));
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Reads a recipe and applies `--set` overrides.
 * @throws AppError `no-input` when there is no such file, `usage` when it is no recipe (every problem named).
 */
export async function readRecipe(path: string, settings: readonly string[] = []): Promise<Recipe> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new AppError(
      "no-input",
      { what: "cannot read the recipe", where: path, advice: "Recipes are JSON files: see recipes/" },
      { cause },
    );
  }
  const value = jsonOrText(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AppError("usage", { what: "not a recipe", where: path, expected: "a JSON object" });
  const draft = { ...value } as Record<string, unknown>;
  // `$schema` is for editors; it is no part of the recipe.
  delete draft["$schema"];
  for (const setting of settings) assign(draft, setting);
  const parsed = Recipe.safeParse(draft);
  if (parsed.success) return parsed.data;
  throw new AppError("usage", { what: "not a valid recipe", where: path, got: z.prettifyError(parsed.error) });
}
