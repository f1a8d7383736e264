/**
 * The genes of a file, recognised by a reference.
 * @module
 */
import type { GeneRecord } from "../../schemas/index.ts";
import type { Axis } from "../source.ts";
import type { GeneReference, KnownGene, NamedBy, NameMatch } from "./gene-reference.ts";
import { geneKeys } from "./keys.ts";
import { geneOfRow } from "./target-id.ts";

/** A row of a file, recognised. */
export interface IdentifiedGene {
  readonly gene: KnownGene;
  readonly by: NamedBy;
}

/** What a reference says of the genes of a file. */
export interface IdentifiedGenes {
  /** `[genes]`; undefined: not recognised. */
  readonly found: readonly (IdentifiedGene | undefined)[];
  /** The symbol that the file has for each row, `""` = none, `[genes]`. */
  readonly symbols: readonly string[];
  /** Rows whose name several genes have or had, with these, by row. */
  readonly ambiguous: ReadonlyMap<number, readonly KnownGene[]>;
}

/**
 * Recognises the genes of an axis: by Entrez id, else Ensembl id (version stripped), else symbol (current, previous,
 * alias), else HG-U133A probe set; ids may be row ids or stand in metadata columns. A name of several genes is none.
 */
export function identifyGenes(axis: Axis, reference: GeneReference): IdentifiedGenes {
  const { entrez, ensembl, symbol: symbols } = geneKeys(axis);
  const ambiguous = new Map<number, readonly KnownGene[]>();
  const found = axis.ids.map((id, row): IdentifiedGene | undefined => {
    const ways: readonly (() => NameMatch | undefined)[] = [
      () => reference.entrez(entrez[row] ?? ""),
      () => reference.ensembl(ensembl[row] ?? ""),
      () => reference.symbol(symbols[row] ?? ""),
      () => reference.probe(geneOfRow(id)),
    ];
    for (const way of ways) {
      const match = way();
      if (match?.kind === "one") return match;
      if (match !== undefined && !ambiguous.has(row)) ambiguous.set(row, match.genes);
    }
    return undefined;
  });
  for (const [row, match] of found.entries()) if (match !== undefined) ambiguous.delete(row);
  return { found, symbols, ambiguous };
}

/** A model's genes as an axis, to be recognised like those of a file. */
export function recordAxis(records: readonly GeneRecord[]): Axis {
  return {
    ids: records.map(({ id }) => geneOfRow(id)),
    fields: new Map([
      ["entrez", records.map(({ entrez }) => entrez)],
      ["ensembl", records.map(({ ensembl }) => ensembl)],
      ["symbol", records.map(({ symbol }) => symbol)],
    ]),
  };
}
