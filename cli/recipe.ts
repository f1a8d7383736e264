import { z } from "zod";
import { AppError } from "../schemas/errors.ts";
import { Recipe } from "../schemas/index.ts";
import { readJsonObject } from "./json-object.ts";
import { withSetting } from "./setting.ts";
import { unknownFields } from "./unknown-fields.ts";

/**
 * Reads a recipe and applies `--set` overrides.
 * @throws AppError as {@link readJsonObject} and {@link withSetting}; `usage` when it is no recipe (every problem named).
 */
export async function readRecipe(path: string, settings: readonly string[] = []): Promise<Recipe> {
  const draft = settings.reduce(withSetting, await readJsonObject(path, "recipe"));
  const parsed = Recipe.safeParse(draft, { error: unknownFields });
  if (parsed.success) return parsed.data;
  throw new AppError("usage", { what: "not a valid recipe", where: path, got: z.prettifyError(parsed.error) });
}
