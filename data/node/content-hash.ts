import type { ModelFile } from "../../schemas/index.ts";
import { sha256 } from "./hash.ts";

/**
 * A version's identity: sha256 over `<path> <sha256>` lines of the identity files, sorted by path (code units).
 * No names, numbers or times enter: the same content is the same model.
 */
export function contentHash(files: readonly Pick<ModelFile, "path" | "sha256" | "identity">[]): string {
  const lines = files.filter(({ identity }) => identity).map((file) => `${file.path} ${file.sha256}\n`);
  return sha256(lines.toSorted().join(""));
}
