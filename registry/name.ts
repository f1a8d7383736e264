import { AliasName, AppError, ModelName } from "../schemas/index.ts";

/** Names that Windows gives to devices, with any extension; a repository must survive being copied there. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/;

/** What a user typed, short enough for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

/**
 * The text as a model's name: one that is a folder on every system and a segment of a URL.
 * @throws AppError `usage` for anything else: other characters, paths, device names of Windows, a dot at the end.
 */
export function modelName(text: string): ModelName {
  const expected = "lower-case letters, digits, '.', '_' and '-', at most 63, starting with a letter or digit";
  if (!ModelName.safeParse(text).success)
    throw new AppError("usage", { what: "not a model name", got: quoted(text), expected });
  if (deviceName.test(text) || text.endsWith("."))
    throw new AppError("usage", {
      what: "not a model name: Windows has no such folders",
      got: quoted(text),
      advice: "Choose another name",
    });
  return text;
}

/** The text as an alias. @throws AppError `usage` for anything else. */
export function aliasName(text: string): AliasName {
  if (AliasName.safeParse(text).success) return text;
  throw new AppError("usage", {
    what: "not an alias",
    got: quoted(text),
    expected: "a letter, then lower-case letters, digits, '_' and '-', at most 32",
  });
}
