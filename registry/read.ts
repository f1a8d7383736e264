import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { AppError } from "../schemas/index.ts";

/** An error that the file system answers a reader with, as an {@link AppError} `no-input`; any other as it is. */
export function readError(error: unknown, path: string): unknown {
  if (error instanceof AppError || !(error instanceof Error) || !("syscall" in error)) return error;
  const got = error.message.split(", ")[0] ?? "";
  return new AppError("no-input", { what: "cannot be read", where: path, got }, { cause: error });
}

/** Errors of a path that leads nowhere; a name too long for the file system is nobody's. */
const missing: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && missing.has(error.code);
}

/** What a reading gives, or undefined where its path leads nowhere. @throws AppError `no-input` for other errors. */
export async function unlessMissing<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw readError(error, path);
  }
}

/** Size and times of what lies at a path; undefined where there is nothing. @throws AppError `no-input`. */
export function statOf(path: string): Promise<Stats | undefined> {
  return unlessMissing(path, () => stat(path));
}

/** A text file's content; undefined where there is none. @throws AppError `no-input` when it cannot be read. */
export function readText(path: string): Promise<string | undefined> {
  return unlessMissing(path, () => readFile(path, "utf8"));
}
