import { rm, stat, writeFile } from "node:fs/promises";
import type { ExpressionSource } from "../source.ts";
import { axisTable, axisTablePaths } from "../write/axis-table.ts";
import { type Existing, type WriteOutcome, writeAtomic } from "./atomic.ts";

/** What became of the tables beside a matrix. */
export interface WrittenTables {
  readonly outcome: WriteOutcome;
  readonly tables: readonly string[];
}

/**
 * Writes the tables of the matrix at `path`, atomically, one for each axis that has fields.
 * @throws AppError `cannot-create`, `other-plan` as `writeAtomic`
 */
export async function writeAxisTables(
  path: string,
  { genes, samples }: Pick<ExpressionSource, "genes" | "samples">,
  existing: Existing,
): Promise<WrittenTables> {
  const paths = axisTablePaths(path);
  const wanted = [
    [paths.genes, genes],
    [paths.samples, samples],
  ] as const;
  const tables: string[] = [];
  let outcome: WriteOutcome = "unchanged";
  for (const [table, axis] of wanted) {
    if (axis.fields.size === 0) continue;
    const written = await writeAtomic(table, (temporary) => writeFile(temporary, axisTable(axis)), existing);
    if (written === "written") outcome = written;
    tables.push(table);
  }
  return { outcome, tables };
}

/** Removes the tables of a matrix that was at `path`; where there are none, nothing happens. */
export async function removeAxisTables(path: string): Promise<void> {
  for (const table of Object.values(axisTablePaths(path))) await rm(table, { force: true });
}

/** True when both tables of the matrix at `path` are there. */
export async function hasBothTables(path: string): Promise<boolean> {
  const found = await Promise.all(
    Object.values(axisTablePaths(path)).map((table) => stat(table).catch(() => undefined)),
  );
  return found.every((table) => table?.isFile() === true);
}
