import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The bytes of a file, or of all files of a folder, by name. */
export async function bytesOf(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return { "": await readFile(path, "base64") };
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const bytes = await Promise.all(files.toSorted().map((file) => readFile(file, "base64")));
  return Object.fromEntries(files.toSorted().map((file, i) => [file.slice(path.length), bytes[i] ?? ""]));
}
