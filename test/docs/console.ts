/**
 * Console blocks of documents: commands behind `$ `, each followed by what it prints. The tests run them and compare;
 * `UPDATE_DOCS=1` writes what they print into the document instead.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A command of a document with the output shown for it; a line `…` stands for any lines. */
export interface ConsoleStep {
  readonly command: string;
  readonly shown: readonly string[];
  /** Lines of the document that hold the output, `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

const launcher = fileURLToPath(new URL("../../bin/landfall.js", import.meta.url));

/** The commands of all ```console blocks, in order; what a command itself prints behind `$ ` is output. */
export function consoleSteps(document: string): ConsoleStep[] {
  const lines = document.split("\n");
  const steps: ConsoleStep[] = [];
  let inside = false;
  let open: { command: string; start: number } | undefined;
  const close = (end: number): void => {
    if (open !== undefined) steps.push({ ...open, shown: lines.slice(open.start, end), end });
    open = undefined;
  };
  for (const [at, line] of lines.entries()) {
    if (line.startsWith("```")) {
      close(at);
      inside = line === "```console";
    } else if (open?.command.endsWith("\\")) {
      // A command goes on behind a backslash, as in a shell.
      open = { command: `${open.command.slice(0, -1)}${line.trim()}`, start: at + 1 };
    } else if (inside && line.startsWith("$ npx ")) {
      close(at);
      open = { command: line.slice(2), start: at + 1 };
    }
  }
  return steps;
}

/** Runs `npx landfall …` from the build of this checkout; returns stdout, stderr and the exit status as lines. */
export function runStep(command: string, cwd: string): string[] {
  const words = command.split(/\s+/);
  if (words[0] !== "npx" || words[1] !== "landfall") throw new Error(`not a landfall command: ${command}`);
  const folder = mkdtempSync(join(tmpdir(), "landfall-console-"));
  try {
    // One file for both streams keeps their order, as a terminal does.
    const output = openSync(join(folder, "output"), "w");
    const { status } = spawnSync(process.execPath, [launcher, ...words.slice(2)], {
      cwd,
      stdio: ["ignore", output, output],
      env: { ...process.env, NO_COLOR: "1" },
    });
    closeSync(output);
    return shownLines(readFileSync(join(folder, "output"), "utf8"), status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function shownLines(output: string, status: number | null): string[] {
  const lines = output.trimEnd().split("\n");
  // Progress is logged as JSON where there is no terminal; people see a line that is painted over.
  const seen = lines.filter((line) => !line.startsWith('{"level"'));
  return status === 0 ? seen : [...seen, `(exit ${status})`];
}

/** What differs from run to run: durations, rates, hashes of machine-dependent last digits, days. */
function masked(line: string): string {
  return line
    .replaceAll(/\d+(\.\d+)? (s|min|h)\b( \d+ (s|min)\b)?/g, "<time>")
    .replaceAll(/\d+\/s/g, "<rate>")
    .replaceAll(/\b[0-9a-f]{12,64}\b/g, "<hash>")
    .replaceAll(/\d{4}-\d{2}-\d{2}/g, "<day>");
}

/** Equal words, and numbers equal to what another processor's rounding may change. */
function sameLine(expected: string, got: string): boolean {
  const [a, b] = [masked(expected), masked(got)].map((line) => line.trim().split(/\s+/));
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((word, i) => {
    const other = b[i] ?? "";
    if (word === other) return true;
    const [x, y] = [Number(word), Number(other)];
    // An order of magnitude for tiny parity figures, else three digits.
    if (Math.abs(x) < 1e-3 && Math.abs(y) < 1e-3) return true;
    return Math.abs(x - y) <= 0.002 + 0.005 * Math.abs(x);
  });
}

/** Whether the output is what the document shows; blank lines do not count. */
export function matches(shown: readonly string[], got: readonly string[]): boolean {
  const told = (lines: readonly string[]): string[] => lines.filter((line) => line.trim() !== "");
  return matchesFrom(told(shown), told(got));
}

function matchesFrom(shown: readonly string[], got: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return got.length === 0;
  if (first === "…") return got.some((_, i) => matchesFrom(rest, got.slice(i))) || matchesFrom(rest, []);
  const [line, ...others] = got;
  return line !== undefined && sameLine(first, line) && matchesFrom(rest, others);
}

/** The document with every output replaced by what was printed; outputs with `…` stay. */
export function withOutputs(document: string, steps: readonly ConsoleStep[], outputs: readonly string[][]): string {
  const lines = document.split("\n");
  for (const [i, step] of [...steps.entries()].toReversed())
    if (!step.shown.includes("…")) lines.splice(step.start, step.end - step.start, ...(outputs[i] ?? []));
  return lines.join("\n");
}
