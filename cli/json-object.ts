import { readFile } from "node:fs/promises";
import { AppError } from "../schemas/errors.ts";
import { RecipeDraft } from "../schemas/index.ts";

/** What a file may be meant as, and what to tell whoever has named another one. */
const kinds = {
  recipe: "Recipes are JSON files: see recipes/",
  "search space": "Search spaces are JSON files: see recipes/search/",
} as const;

const nameOf = (value: unknown): string => {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
};

/**
 * The object in a JSON file, without `$schema`, which is for editors.
 * @throws AppError `no-input` when the file cannot be read, `usage` when it is broken JSON (the parser's message) or
 * holds something else than an object.
 */
export async function readJsonObject(path: string, kind: keyof typeof kinds): Promise<RecipeDraft> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const got = cause instanceof Error ? cause.message : String(cause);
    const fault = { what: `cannot read the ${kind}`, where: path, got, advice: kinds[kind] };
    throw new AppError("no-input", fault, { cause });
  });
  const value = parsed(text, path, kind);
  const object = RecipeDraft.safeParse(value);
  if (!object.success)
    throw new AppError("usage", { what: `not a ${kind}`, where: path, expected: "a JSON object", got: nameOf(value) });
  const { $schema: _, ...rest } = object.data;
  return rest;
}

function parsed(text: string, path: string, kind: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const fault = {
      what: `the ${kind} is broken JSON`,
      where: path,
      got,
      advice: "JSON has no comments, and no comma before } or ]",
    };
    throw new AppError("usage", fault, { cause });
  }
}
