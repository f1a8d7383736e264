import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AppError } from "../../../schemas/errors.ts";
import type { BackendName } from "./backend.ts";

/** A package that is not among ours, and what it is for. */
export interface OptionalPackage {
  readonly name: string;
  readonly backend: BackendName;
  /** How to get it. */
  readonly advice: string;
}

/** The error of a backend that cannot be had here. */
export function noBackend(
  { backend, advice }: Pick<OptionalPackage, "backend" | "advice">,
  got: string,
  cause?: unknown,
): AppError {
  return new AppError("unavailable", { what: `tfjs cannot use ${backend} here`, got, advice }, { cause });
}

/** The file that a package's name stands for, looked for from each place in turn; `undefined` when it is nowhere. */
function resolved(name: string, places: readonly string[]): string | undefined {
  for (const place of places)
    try {
      return createRequire(join(place, "from-here.js")).resolve(name);
    } catch (error) {
      // What is there but has no such entry is as good as not there.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "MODULE_NOT_FOUND" && code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    }
  return undefined;
}

/**
 * Loads an optional package.
 * @throws AppError `unavailable` when it is not installed, or does not load.
 */
export async function loadOptional(wanted: OptionalPackage, places: readonly string[]): Promise<unknown> {
  const file = resolved(wanted.name, places);
  if (file === undefined) throw noBackend(wanted, `${wanted.name} is not installed`);
  try {
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    const [first = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw noBackend(wanted, `${wanted.name} is installed but does not load: ${first.trim()}`, cause);
  }
}
