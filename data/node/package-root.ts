import { createRequire } from "node:module";
import { dirname } from "node:path";

/**
 * The folder of the package, found by the package's own name: the same from the sources, from `dist/` and from the
 * bundled program.
 */
export function packageRoot(): string {
  return dirname(createRequire(import.meta.url).resolve("landfall/package.json"));
}
