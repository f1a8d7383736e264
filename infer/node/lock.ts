/**
 * One process at a time writes an output.
 * @module
 */
import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { writeError } from "../../data/node/atomic.ts";
import { AppError } from "../../schemas/index.ts";

/** Who holds a lock. */
const Owner = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** When the process started, in clock ticks since boot: tells a reused process id apart. Empty: not known. */
  started: z.string(),
  /** Different for every lock. */
  token: z.string(),
});
type Owner = z.infer<typeof Owner>;

/** How long a lock may have no content: its maker is between creating and writing it, or was killed there. */
const emptyMs = 2000;

/** Longer than anybody takes from finding a lock stale to having moved it. */
const settleMs = 50;

/**
 * Takes the lock file `path` and gives it back when disposed of. A lock whose process is dead is taken over.
 * @throws AppError `try-again` when another process holds it, `cannot-create` when the folder refuses
 */
export async function takeLock(path: string): Promise<AsyncDisposable> {
  const mine: Owner = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid),
    token: randomBytes(8).toString("hex"),
  };
  for (let isContended = false; !(await create(path, mine)) || (isContended && !(await isKept(path, mine))); ) {
    isContended = true;
    const text = await contentOf(path);
    if (text === undefined) continue;
    const owner = parse(text);
    if (owner !== undefined && (await isAlive(owner))) throw busy(path, owner);
    await removeStale(path, text);
  }
  return {
    async [Symbol.asyncDispose]() {
      if (parse(await contentOf(path))?.token === mine.token) await rm(path, { force: true });
    },
  };
}

/** True when a lock is still ours after others that had found the same stale one are through with it. */
async function isKept(path: string, { token }: Owner): Promise<boolean> {
  await delay(settleMs);
  return parse(await contentOf(path))?.token === token;
}

async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    await using file = await open(path, "wx");
    await file.writeFile(JSON.stringify(owner));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw writeError(error, path);
  }
}

/** The lock's text, after a moment where it is still empty; undefined when the lock is gone. */
async function contentOf(path: string): Promise<string | undefined> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text === undefined || parse(text) !== undefined) return text;
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
    if (Date.now() - mtimeMs > emptyMs) return text;
    await delay(50);
  }
}

function parse(text: string | undefined): Owner | undefined {
  try {
    return Owner.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, host, started }: Owner): Promise<boolean> {
  // Nothing can be known of another machine's processes.
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = await startOf(pid);
  return started === "" || now === "" || now === started;
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)), behind the name in parentheses; "" where there is none. */
async function startOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Removes a lock that was found stale, unless somebody else has replaced it in between. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) === stale) await rm(aside);
    else await rename(aside, path);
  } catch (error) {
    // Another process has moved the lock, or the holder has swept away what was moved aside.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw writeError(error, path);
  }
}

function busy(path: string, { pid, host }: Owner): AppError {
  return new AppError("try-again", {
    what: `process ${pid} on ${host} is writing this output`,
    where: basename(path).replace(/\.lock$/, ""),
    advice: `Wait until it is done; if there is no such process, remove ${path}`,
  });
}
