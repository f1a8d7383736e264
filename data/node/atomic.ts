import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError, isAppError } from "../../schemas/index.ts";
import { exists } from "./exists.ts";

/** What to do about an error that a file system answers a writer with. */
const advice: Readonly<Record<string, string>> = {
  EACCES: "Choose a folder that you may write to",
  EPERM: "Choose a folder that you may write to",
  EROFS: "Choose a folder that you may write to",
  ENOENT: "Create the folder first",
  ENOTDIR: "A part of the path is a file, not a folder",
  EISDIR: "Give the path of a file: this is a folder",
  EEXIST: "Choose another path",
  ENOSPC: "Free some space or choose another disk",
  EDQUOT: "Free some space or choose another disk",
};

/** An error of the file system as an {@link AppError} `cannot-create`; any other error as it is. */
export function writeError(error: unknown, path: string): unknown {
  if (error instanceof AppError || !(error instanceof Error) || !("syscall" in error) || !("code" in error))
    return error;
  const code = String(error.code);
  const told = advice[code];
  // `EACCES: permission denied, open '…'`: the path is told already, and here it may be a temporary one.
  const got = error.message.split(", ")[0] ?? code;
  const fault = { what: "cannot be written", where: path, got, ...(told && { advice: told }) };
  return new AppError("cannot-create", fault, { cause: error });
}

/** A path beside `path` that nobody else uses: hidden, on the same disk, so that a rename replaces `path` at once. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

/** Makes the entries of a folder (a rename, a new file) survive a power cut. */
export async function fsyncDirectory(path: string): Promise<void> {
  // Windows neither needs nor allows this: directories cannot be opened there.
  if (process.platform !== "win32") await synced(path, "r");
}

async function synced(path: string, flags: "r" | "r+"): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What became of an atomic write. */
export type WriteOutcome = "written" | "unchanged";

/**
 * What to do when there is a file already: `replace` it; `keep` it if the new one has the same bytes, and refuse if not
 * (known only once the new one is made); `refuse` at once.
 */
export type Existing = "replace" | "keep" | "refuse";

/**
 * Lets `write` make a file under a temporary name beside `path`, then syncs it and renames it to `path`: there is
 * never half a file, and after an error nothing is left behind.
 * @throws AppError `cannot-create` when the file system refuses; `other-plan` when `existing` does not let it
 *   replace what is there; and what `write` throws
 */
export async function writeAtomic(
  path: string,
  write: (temporary: string) => Promise<void>,
  existing: Existing = "replace",
): Promise<WriteOutcome> {
  const temporary = temporaryPath(path);
  try {
    if (existing === "refuse" && (await exists(path))) throw occupied(path);
    await write(temporary);
    if (existing === "keep" && (await keeps(path, temporary))) return "unchanged";
    await synced(temporary, "r+");
    await rename(temporary, path);
    await fsyncDirectory(dirname(path));
    return "written";
  } catch (error) {
    if (isAppError(error) && error.fault.where === temporary) {
      throw new AppError(error.tag, { ...error.fault, where: path }, { cause: error.cause });
    }
    throw writeError(error, path);
  } finally {
    // Best effort: where the folder cannot be written to there is nothing to remove, and that error is on its way.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Writes a whole small file atomically. @throws AppError `cannot-create` when the file system refuses */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await writeAtomic(path, (temporary) => writeFile(temporary, data));
}

/** True when `path` has the bytes of `temporary`, false when it is not there. @throws AppError `other-plan` */
async function keeps(path: string, temporary: string): Promise<boolean> {
  if (!(await exists(path))) return false;
  await using before = await open(path, "r");
  await using made = await open(temporary, "r");
  if (await sameBytes(before, made)) return true;
  throw occupied(path);
}

/** What a writer that must not replace says of what is there. */
export const occupied = (path: string): AppError =>
  new AppError("other-plan", {
    what: "exists and holds something else",
    where: path,
    advice: "Choose another path, or replace it with --force",
  });

async function sameBytes(one: FileHandle, other: FileHandle): Promise<boolean> {
  const [a, b] = [Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)];
  if ((await one.stat()).size !== (await other.stat()).size) return false;
  for (let at = 0; ; ) {
    const { bytesRead } = await one.read(a, 0, a.length, at);
    if (bytesRead === 0) return true;
    for (let read = 0; read < bytesRead; ) {
      const part = await other.read(b, read, bytesRead - read, at + read);
      if (part.bytesRead === 0) return false;
      read += part.bytesRead;
    }
    if (a.compare(b, 0, bytesRead, 0, bytesRead) !== 0) return false;
    at += bytesRead;
  }
}
