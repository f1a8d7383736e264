/**
 * `history.jsonl`: what happened to a model, append-only. The aliases are its sum: replaying it gives, for every alias,
 * the versions it pointed to.
 * @module
 */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { fsyncDirectory } from "../data/node/atomic.ts";
import { AppError, HistoryEntry } from "../schemas/index.ts";
import { modelFiles } from "./layout.ts";
import { readText } from "./read.ts";

/** The JSON value of a line; undefined for one that a crash tore (no part of a JSON object is JSON). */
function lineValue(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * Reads the lines of a history; torn ones, whose action never took effect, are left out.
 * @throws AppError `bad-model` when a whole line is not an entry.
 */
export function parseHistory(text: string, label: string): HistoryEntry[] {
  const problems: string[] = [];
  const entries = text.split("\n").flatMap((line, i) => {
    const value = lineValue(line);
    if (value === undefined) return [];
    const parsed = HistoryEntry.safeParse(value);
    if (parsed.success) return [parsed.data];
    problems.push(
      `line ${i + 1}: ${parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join(", ")}`,
    );
    return [];
  });
  if (problems.length === 0) return entries;
  throw new AppError("bad-model", { what: "lines of the history are not entries", where: label, examples: problems });
}

/** The text of a model's history; empty where there is none. @throws AppError `no-input`. */
export async function historyText(modelDir: string): Promise<string> {
  return (await readText(join(modelDir, modelFiles.history))) ?? "";
}

/** A model's history, oldest first. @throws AppError `no-input`, `bad-model`. */
export async function readHistory(modelDir: string): Promise<HistoryEntry[]> {
  return parseHistory(await historyText(modelDir), join(modelDir, modelFiles.history));
}

/** Appends one line, on the disk when this resolves. Concurrent writers each get a line of their own. */
export async function appendHistory(modelDir: string, entry: HistoryEntry): Promise<void> {
  const file = await open(join(modelDir, modelFiles.history), "a+");
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    // A line torn by a crash must not swallow this one.
    const start = size > 0 && buffer[0] !== 0x0a ? "\n" : "";
    await file.write(`${start}${JSON.stringify(HistoryEntry.parse(entry))}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await fsyncDirectory(modelDir);
}

/**
 * For every alias ever set, the versions it pointed to, the present one last; empty once that one was removed. A rollback
 * takes the last ones away down to its version; an older version that is removed is no step back any more.
 */
export function replayAliases(entries: readonly HistoryEntry[]): Map<string, readonly number[]> {
  const stacks = new Map<string, readonly number[]>();
  for (const { action, alias, version } of entries) {
    if (action === "remove") for (const [name, stack] of stacks) stacks.set(name, without(stack, version));
    if (alias === undefined || (action !== "alias" && action !== "rollback")) continue;
    const stack = stacks.get(alias) ?? [];
    const at = action === "rollback" ? stack.lastIndexOf(version) : -1;
    stacks.set(alias, collapsed([...(at === -1 ? stack : stack.slice(0, at)), version]));
  }
  return stacks;
}

function without(stack: readonly number[], version: number): readonly number[] {
  return stack.at(-1) === version ? [] : collapsed(stack.filter((other) => other !== version));
}

/** Without repeats in a row: going back to the same version is no step back. */
function collapsed(stack: readonly number[]): readonly number[] {
  return stack.filter((version, i) => version !== stack[i - 1]);
}
