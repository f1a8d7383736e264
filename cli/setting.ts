import { AppError } from "../schemas/errors.ts";
import type { RecipeDraft } from "../schemas/index.ts";

type Json = RecipeDraft[string];

/** Names that lead out of an object, to what all objects share. */
const reserved = ["__proto__", "constructor", "prototype"];

/** `a.b=3`, taken apart. */
interface Setting {
  readonly text: string;
  readonly path: readonly string[];
  readonly value: Json;
}

function refused(
  what: string,
  { text }: Pick<Setting, "text">,
  more: { got?: string; advice?: string } = {},
): AppError {
  return new AppError("usage", { what, where: `--set ${text}`, ...more });
}

/** @throws AppError `usage` */
function settingOf(text: string): Setting {
  const at = text.indexOf("=");
  const path = text.slice(0, at).split(".");
  if (at < 1 || path.includes(""))
    throw new AppError("usage", { what: "--set wants key=value", got: text, advice: "For example --set lambda=0.3" });
  const [name] = path.filter((key) => reserved.includes(key));
  if (name !== undefined) throw refused(`${name} is no name of a field`, { text });
  return { text, path, value: jsonOrText(text.slice(at + 1)) };
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The value with what lies `depth` keys of the path further down set. */
function changed(value: Json | undefined, setting: Setting, depth: number): Json {
  const { path } = setting;
  if (depth === path.length) return setting.value;
  if (value === undefined || value === null) return withField({}, setting, depth);
  if (Array.isArray(value)) return withItem(value, setting, depth);
  if (typeof value === "object") return withField(value, setting, depth);
  throw refused(`${path.slice(0, depth).join(".")} has no fields to set`, setting, {
    got: JSON.stringify(value),
    advice: "Set the whole of it, or choose another field",
  });
}

function withField(object: RecipeDraft, setting: Setting, depth: number): RecipeDraft {
  const key = setting.path[depth] ?? "";
  // What all objects inherit is no field of this one.
  const before = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: changed(before, setting, depth + 1) };
}

/** By its place from 0; the place behind the last one adds an item. */
function withItem(list: readonly Json[], setting: Setting, depth: number): Json[] {
  const key = setting.path[depth] ?? "";
  const at = Number(key);
  if (!/^\d+$/.test(key) || at > list.length)
    throw refused(`${setting.path.slice(0, depth).join(".")} is a list: its items go by 0 to ${list.length}`, setting, {
      got: key,
    });
  return [...list.slice(0, at), changed(list[at], setting, depth + 1), ...list.slice(at + 1)];
}

/**
 * A copy of a recipe in which `a.b=3` has set field `b` of `a`; what lies between is made. A value that is JSON is taken
 * as JSON, anything else as text.
 * @throws AppError `usage` when it is no `key=value`, or leads into something that has no such fields.
 */
export function withSetting(draft: RecipeDraft, text: string): RecipeDraft {
  return withField(draft, settingOf(text), 0);
}
