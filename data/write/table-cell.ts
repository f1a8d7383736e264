import { AppError } from "../../schemas/index.ts";

/** How a text table keeps its cells apart. */
export interface TableDialect {
  /** One ASCII character. */
  readonly separator: string;
  /** Puts quotes around cells that need them (RFC 4180); without quotes separators in a text become blanks. */
  readonly quoted: boolean;
}

export const tabbed: TableDialect = { separator: "\t", quoted: false };
export const commaSeparated: TableDialect = { separator: ",", quoted: true };

/** A text as a cell. Line breaks become blanks in every dialect: few readers take them, quoted or not. */
export function tableCell(text: string, { separator, quoted }: TableDialect): string {
  const line = text.replaceAll(/[\r\n]+/g, " ");
  if (!quoted) return line.replaceAll(separator, " ");
  return line.includes(separator) || line.includes('"') ? `"${line.replaceAll('"', '""')}"` : line;
}

/**
 * Refuses ids that a cell cannot hold unchanged: ids are never rewritten.
 * @param where which ids, for the message
 * @throws AppError `bad-data`
 */
export function checkCellIds(ids: readonly string[], dialect: TableDialect, where: string): void {
  const unfit = ids.filter(
    (id) => id === "" || /[\r\n]/.test(id) || (!dialect.quoted && id.includes(dialect.separator)),
  );
  if (unfit.length === 0) return;
  throw new AppError("bad-data", {
    what: `${unfit.length} ids are empty or hold line breaks or separators`,
    where,
    examples: unfit.map((id) => JSON.stringify(id)),
    advice: "Write GCTX, or rename them",
  });
}
