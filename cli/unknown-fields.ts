import { z } from "zod";

/** The object that a field holds, optional or not. */
function objectOf(field: z.core.$ZodType): z.ZodObject | undefined {
  if (field instanceof z.ZodObject) return field;
  const isWrapped = field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodPrefault;
  return isWrapped ? objectOf(field.unwrap()) : undefined;
}

/** Where a field of this name is, one level further down. */
const placesOf = (key: string, { shape }: z.ZodObject): string[] =>
  Object.entries(shape).flatMap(([name, field]) => {
    const inner = objectOf(field);
    return inner !== undefined && Object.hasOwn(inner.shape, key) ? [`${name}.${key}`] : [];
  });

/**
 * Zod's message for fields that an object may not have, with those that it may, and where those that were given do
 * belong; its other messages as they are.
 */
export const unknownFields: z.core.$ZodErrorMap = (issue) => {
  const object = issue.inst;
  if (issue.code !== "unrecognized_keys" || !(object instanceof z.ZodObject)) return undefined;
  const unknown = issue.keys.map((key) => JSON.stringify(key)).join(", ");
  const meant = issue.keys.flatMap((key) => placesOf(key, object));
  const hint = meant.length > 0 ? `; did you mean ${meant.join(", ")}?` : "";
  return `no such field: ${unknown} (there are ${Object.keys(object.shape).join(", ")})${hint}`;
};
