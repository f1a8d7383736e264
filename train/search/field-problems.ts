import type { z } from "zod";
import { type FieldValues, Recipe, type RecipeDraft } from "../../schemas/index.ts";
import { extremes } from "./draw.ts";
import { withFields } from "./with-fields.ts";

/** What a recipe says of itself, not of its training. */
const notSearched = ["schemaVersion", "name", "description"];

/** An issue by the searched fields that it comes from, or by its place in the base recipe. */
function told(issue: z.core.$ZodIssue, fields: RecipeDraft): string[] {
  const path = issue.path.map(String);
  const unknown = issue.code === "unrecognized_keys" ? issue.keys : undefined;
  const places = unknown?.map((key) => [...path, key].join(".")) ?? [path.join(".")];
  return places.map((place) => {
    const names = Object.keys(fields);
    const field = names.find((name) => within(name, place) || within(place, name));
    if (field === undefined) return `${place} of the base recipe: ${issue.message}`;
    if (unknown !== undefined) return `${field}: recipes of this family have no such field`;
    return `${field}: ${issue.message} (got ${JSON.stringify(fields[field])})`;
  });
}

/** True when a dotted path is another one or leads into it. */
const within = (inner: string, outer: string): boolean => `${inner}.`.startsWith(`${outer}.`);

/** Fields inside other ones: which is set last would depend on their order. */
function nested(names: readonly string[]): string[] {
  return names.flatMap((inner) =>
    names.filter((outer) => inner !== outer && within(inner, outer)).map((outer) => `${inner}: is a part of ${outer}`),
  );
}

/** The combinations with each end of every range in place of the drawn value. */
function atTheEnds(space: Readonly<Record<string, FieldValues>>, first: RecipeDraft): RecipeDraft[] {
  return Object.entries(space).flatMap(([field, values]) =>
    extremes(values).map((value) => ({ ...first, [field]: value })),
  );
}

/**
 * Everything that keeps trials from being recipes: unknown fields, values out of range (also those that a later draw
 * may have), the base's own mistakes. Each once, by field; none where all is well.
 */
export function fieldProblems(
  base: RecipeDraft,
  space: Readonly<Record<string, FieldValues>>,
  trials: readonly RecipeDraft[],
): string[] {
  const names = Object.keys(space);
  const reserved = names.filter((name) => notSearched.includes(name)).map((name) => `${name}: cannot be varied`);
  const structural = [...reserved, ...nested(names)];
  if (structural.length > 0) return structural;
  const texts = [...trials, ...atTheEnds(space, trials[0] ?? {})].flatMap((fields) => {
    const { error } = Recipe.safeParse(withFields(base, fields));
    return error?.issues.flatMap((issue) => told(issue, fields)) ?? [];
  });
  // Of the values with the same fault the first is named.
  const faultOf = (text: string): string => text.replace(/ \(got .*$/s, "");
  return [...new Map(texts.map((text) => [faultOf(text), text] as const).toReversed()).values()].toReversed();
}
