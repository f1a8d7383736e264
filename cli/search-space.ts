import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { AppError } from "../schemas/errors.ts";
import { RecipeDraft, SearchSpace } from "../schemas/index.ts";
import type { ResolvedSpace } from "../train/search/plan-trials.ts";
import { assign } from "./recipe.ts";

/** The object in a JSON file, without `$schema`, which is for editors. */
async function readObject(path: string, kind: string): Promise<RecipeDraft> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const fault = { what: `cannot read the ${kind}`, where: path, got: (cause as Error).message };
    throw new AppError(
      "no-input",
      { ...fault, advice: "Search spaces are JSON files: see recipes/search/" },
      { cause },
    );
  });
  try {
    const { $schema: _, ...rest } = RecipeDraft.parse(JSON.parse(text));
    return rest;
  } catch (cause) {
    throw new AppError("usage", { what: `not a ${kind}`, where: path, expected: "a JSON object" }, { cause });
  }
}

/**
 * Reads a search space and its base recipe, and applies `--set` overrides to the latter.
 * @throws AppError `no-input` when a file cannot be read, `usage` when it is no search space (every problem named).
 */
export async function readSearchSpace(path: string, settings: readonly string[] = []): Promise<ResolvedSpace> {
  const parsed = SearchSpace.safeParse(await readObject(path, "search space"));
  if (!parsed.success)
    throw new AppError("usage", { what: "not a search space", where: path, got: z.prettifyError(parsed.error) });
  const { base } = parsed.data;
  const { $schema: _, ...draft } =
    typeof base === "string" ? await readObject(resolve(dirname(path), base), "recipe") : structuredClone(base);
  for (const setting of settings) assign(draft, setting);
  return { ...parsed.data, base: draft };
}
