import type { RecipeDraft } from "../../schemas/index.ts";
import type { FieldValue } from "./draw.ts";

const isObject = (value: FieldValue | undefined): value is RecipeDraft =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withField(draft: RecipeDraft, [name = "", ...inner]: readonly string[], value: FieldValue): RecipeDraft {
  if (inner.length === 0) return { ...draft, [name]: value };
  const before = draft[name];
  return { ...draft, [name]: withField(isObject(before) ? before : {}, inner, value) };
}

/** A copy of a draft in which fields, by dotted path, have the values given; what lies between is made. */
export function withFields(draft: RecipeDraft, fields: RecipeDraft): RecipeDraft {
  return Object.entries(fields).reduce((made, [field, value]) => withField(made, field.split("."), value), draft);
}
