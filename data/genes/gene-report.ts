/**
 * What a reference makes of the genes of a file, for people: recognised how, out of date, ambiguous, mangled, unknown.
 * @module
 */
import type { Axis } from "../source.ts";
import { closestName } from "./closest.ts";
import type { GeneReference, KnownGene, NamedBy } from "./gene-reference.ts";
import { type IdentifiedGenes, identifyGenes } from "./identified.ts";
import { idTypeOf } from "./identify.ts";
import { mangledGenes, mangledIds } from "./mangled.ts";

/** A name of the file, and today's symbols of the genes that it means or may mean; of an unknown one the closest. */
export interface ReportedName {
  readonly name: string;
  readonly symbols: readonly string[];
}

/** Names of one kind: all of them counted, the first ones listed. */
export interface ReportedNames {
  readonly count: number;
  readonly first: readonly ReportedName[];
}

/** What became of the genes of a file. */
export interface GeneReport {
  /** Rows recognised, and by which identifier. */
  readonly known: number;
  readonly by: Readonly<Record<NamedBy, number>>;
  /** L1000 landmarks among them, and of how many. */
  readonly landmarks: number;
  readonly allLandmarks: number;
  /** Symbols that are not today's. */
  readonly stale: ReportedNames;
  /** Names that several genes have or had, and nothing else that tells which is meant. */
  readonly ambiguous: ReportedNames;
  /** Names that a spreadsheet turned into dates or numbers. */
  readonly mangled: ReportedNames;
  /** Other names that no gene has. */
  readonly unmatched: ReportedNames;
}

/** How many names a list shows. */
const listed = 20;

/** Recognises the genes of a file and says what is wrong with their names. */
export function reportGenes(axis: Axis, reference: GeneReference): GeneReport {
  const identified = identifyGenes(axis, reference);
  const { found, ambiguous } = identified;
  const by: Record<NamedBy, number> = { entrez: 0, ensembl: 0, symbol: 0, previous: 0, alias: 0, probe: 0 };
  for (const match of found) if (match !== undefined) by[match.by] += 1;
  const genes = new Set(found.flatMap((match) => match?.gene ?? []));
  const isLandmark = ({ space }: KnownGene): boolean => space === "landmark";
  const mangled = mangledIds(axis.ids);
  const isMangled = new Set(mangled);
  const unknown = axis.ids.filter((id, row) => !found[row] && !ambiguous.has(row) && !isMangled.has(id) && id !== "");
  const symbols = reference.genes.map(({ symbol }) => symbol);
  return {
    known: found.filter(Boolean).length,
    by,
    landmarks: [...genes].filter(isLandmark).length,
    allLandmarks: reference.genes.filter(isLandmark).length,
    stale: report(staleNames(identified), ({ symbols: now }) => now),
    ambiguous: report(
      Array.from(ambiguous, ([row, several]) => ({
        name: identified.symbols[row] || (axis.ids[row] ?? ""),
        symbols: several.map(({ symbol }) => symbol),
      })),
      ({ symbols: all }) => all,
    ),
    mangled: report(
      mangled.map((name) => ({ name })),
      ({ name }) => mangledGenes(name, reference, (gene) => genes.has(gene)).map(({ symbol }) => symbol),
    ),
    unmatched: report(
      unknown.map((name) => ({ name })),
      // Only a symbol is close to another: a digit of a number is as good as the next.
      ({ name }) => [(idTypeOf(name) === "symbol" && closestName(name, symbols)) || []].flat(),
    ),
  };
}

/** Symbols of recognised rows that were approved before, or are aliases, with today's. */
function staleNames({ found, symbols }: IdentifiedGenes): (ReportedName & { readonly row: number })[] {
  return found.flatMap((match, row) => {
    const name = symbols[row] ?? "";
    if (match === undefined || name === "" || isCurrent(name, match.gene)) return [];
    const { symbol, previous, aliases } = match.gene;
    return previous.includes(name) || aliases.includes(name) ? [{ row, name, symbols: [symbol] }] : [];
  });
}

function isCurrent(name: string, { symbol }: KnownGene): boolean {
  return name.toUpperCase() === symbol.toUpperCase();
}

/** Counts all and resolves those that are listed: finding a close name takes milliseconds. */
function report<Named extends { readonly name: string }>(
  names: readonly Named[],
  symbolsOf: (named: Named) => readonly string[],
): ReportedNames {
  return {
    count: names.length,
    first: names.slice(0, listed).map((named) => ({ name: named.name, symbols: symbolsOf(named) })),
  };
}
