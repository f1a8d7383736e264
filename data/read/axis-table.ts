import { AppError } from "../../schemas/index.ts";
import type { Axis } from "../source.ts";

/**
 * Reads a table that `axisTable` wrote; all fields as text.
 * @param label the file's name in messages
 * @throws AppError `bad-data` for another header, and naming the lines that have another number of cells
 */
export function parseAxisTable(text: string, label: string): Axis {
  const [header = "", ...lines] = text.replace(/\n$/, "").split("\n");
  const [first, ...names] = header.split("\t");
  const problems = first === "id" ? [] : ["line 1 does not begin with id"];
  const columns = names.map((): string[] => []);
  const ids = lines.map((line, i) => {
    const [id = "", ...cells] = line.split("\t");
    if (cells.length !== names.length) problems.push(`line ${i + 2} has ${cells.length + 1} cells`);
    for (const [c, column] of columns.entries()) column.push(cells[c] ?? "");
    return id;
  });
  if (problems.length === 0) return { ids, fields: new Map(names.map((name, i) => [name, columns[i] ?? []])) };
  const expected = `id and ${names.length} fields a line`;
  throw new AppError("bad-data", { what: "the table is damaged", where: label, expected, examples: problems });
}
