/**
 * Gene names that a spreadsheet turned into dates or numbers (Ziemann et al. 2016, Genome Biol. 17:177; 30.9 % of the
 * papers with gene lists in spreadsheets: Abeysooriya et al. 2021, PLoS Comput. Biol. 17:e1008984).
 * @module
 */
import type { GeneReference, KnownGene } from "./gene-reference.ts";
import { identifyIds } from "./identify.ts";

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] as const;
const month = "(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)";

/** Beginnings of gene names that a spreadsheet takes for the month, by month. */
const prefixes: ReadonlyMap<number, readonly string[]> = new Map([
  [2, ["FEB"]],
  [3, ["MARCH", "MARC", "MAR"]],
  [4, ["APR", "APR-"]],
  [9, ["SEPT", "SEP"]],
  [10, ["OCT", "OCT-"]],
  [11, ["NOV"]],
  [12, ["DEC"]],
]);

/** Month and number of a name that became a date. */
interface DateParts {
  readonly month: number;
  readonly number: number;
}

/** The ways in which a date is written, each with the names that it may have been. */
const dateForms: readonly (readonly [RegExp, (groups: readonly string[]) => readonly DateParts[]])[] = [
  // 1-Mar, 2-Sept
  [new RegExp(`^(\\d{1,2})-${month}$`, "i"), ([day = "", name = ""]) => [partsOf(name, day)]],
  // MAR-01, Sept-7
  [new RegExp(`^${month}-(\\d{1,4})$`, "i"), ([name = "", day = ""]) => [partsOf(name, day)]],
  // 2020-03-01, as pandas reads such a cell
  [/^\d{4}-(\d{2})-(\d{2})(?:[ T]00:00:00)?$/, ([m, day]) => [{ month: Number(m), number: Number(day) }]],
  // 3/1/2020: month first or day first
  [
    /^(\d{1,2})\/(\d{1,2})\/\d{2,4}$/,
    ([a, b]) => [
      { month: Number(a), number: Number(b) },
      { month: Number(b), number: Number(a) },
    ],
  ],
];

/** Days since 1899-12-30 of the years 2000 to 2039: the number that such a date becomes when the column is a number. */
const serialDates = { start: 36_526, end: 51_136 } as const;
const scientific = /^\d(?:\.\d+)?E\+\d{2}$/i;

/** The ids that a spreadsheet turned into dates or numbers, in order. */
export function mangledIds(ids: readonly string[]): readonly string[] {
  const type = identifyIds(ids);
  // Among Entrez ids a number of five digits is nothing strange; among names it is a date's serial number.
  const numbersAreStrange = type !== "entrez" && type !== "other";
  return ids.filter(
    (id) => dateForms.some(([form]) => form.test(id)) || scientific.test(id) || (numbersAreStrange && isSerialDate(id)),
  );
}

/**
 * The genes that a mangled id may have been, none where no gene's name makes such a date or number. A number in
 * scientific notation is an Entrez id whose last digits may be lost; the id is what is left if they were zeros.
 * @param isTaken leaves out genes that the file carries under a name of their own
 */
export function mangledGenes(
  id: string,
  reference: GeneReference,
  isTaken: (gene: KnownGene) => boolean,
): readonly KnownGene[] {
  const matches = scientific.test(id)
    ? [reference.entrez(String(Number(id)))]
    : namesOfDate(id).map((name) => reference.symbol(name));
  const genes = matches.flatMap((match) => {
    if (match === undefined) return [];
    return match.kind === "one" ? [match.gene] : match.genes;
  });
  return [...new Set(genes)].filter((gene) => !isTaken(gene));
}

function namesOfDate(id: string): string[] {
  const parts = isSerialDate(id)
    ? [serialParts(Number(id))]
    : dateForms.flatMap(([form, read]) => readForm(id, form, read));
  return parts.flatMap(({ month: m, number }) => (prefixes.get(m) ?? []).map((prefix) => `${prefix}${number}`));
}

function readForm(
  id: string,
  form: RegExp,
  read: (groups: readonly string[]) => readonly DateParts[],
): readonly DateParts[] {
  const found = form.exec(id);
  return found === null ? [] : read(found.slice(1));
}

function partsOf(name: string, day: string): DateParts {
  const at = months.findIndex((known) => name.toLowerCase().startsWith(known));
  return { month: at + 1, number: Number(day) };
}

function serialParts(days: number): DateParts {
  const date = new Date(Date.UTC(1899, 11, 30 + days));
  return { month: date.getUTCMonth() + 1, number: date.getUTCDate() };
}

function isSerialDate(id: string): boolean {
  return /^\d{5}$/.test(id) && Number(id) >= serialDates.start && Number(id) < serialDates.end;
}
