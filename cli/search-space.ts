import { dirname, resolve } from "node:path";
import { z } from "zod";
import { AppError } from "../schemas/errors.ts";
import { SearchSpace } from "../schemas/index.ts";
import type { ResolvedSpace } from "../train/search/plan-trials.ts";
import { readJsonObject } from "./json-object.ts";
import { withSetting } from "./setting.ts";
import { unknownFields } from "./unknown-fields.ts";

/**
 * Reads a search space and its base recipe, and applies `--set` overrides to the latter.
 * @throws AppError as {@link readJsonObject} and {@link withSetting}; `usage` when it is no search space (every problem
 * named).
 */
export async function readSearchSpace(path: string, settings: readonly string[] = []): Promise<ResolvedSpace> {
  const parsed = SearchSpace.safeParse(await readJsonObject(path, "search space"), { error: unknownFields });
  if (!parsed.success)
    throw new AppError("usage", { what: "not a search space", where: path, got: z.prettifyError(parsed.error) });
  const { base } = parsed.data;
  const { $schema: _, ...draft } =
    typeof base === "string" ? await readJsonObject(resolve(dirname(path), base), "recipe") : base;
  return { ...parsed.data, base: settings.reduce(withSetting, draft) };
}
