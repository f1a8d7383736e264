/**
 * What is known of human genes and their names.
 * @module
 */

/** How a gene stands to the L1000 assay; `none`: its space (12,328 genes) does not hold it. */
export type L1000Space = "landmark" | "best-inferred" | "inferred" | "none";

/** A human gene and the names it goes or went by; `""` = not known. */
export interface KnownGene {
  /** Unique among the genes. */
  readonly entrez: string;
  /** The approved symbol; of genes without one, what CMap calls them. */
  readonly symbol: string;
  /** Symbols that were approved, or in use at CMap, before. */
  readonly previous: readonly string[];
  readonly aliases: readonly string[];
  /** Without version. */
  readonly ensembl: string;
  /** HG-U133A probe sets of this gene alone; of a landmark, the one that L1000 is calibrated on comes first. */
  readonly probes: readonly string[];
  readonly space: L1000Space;
}

/** By which of its identifiers a gene was recognised. */
export type NamedBy = "entrez" | "ensembl" | "symbol" | "previous" | "alias" | "probe";

/** What a name says: one gene, or several of which it may be any. */
export type NameMatch =
  | { readonly kind: "one"; readonly gene: KnownGene; readonly by: NamedBy }
  | { readonly kind: "several"; readonly genes: readonly KnownGene[] };

/** Gives the reference, made at the first call: most inputs carry the model's own ids and never need it. */
export type OpenReference = () => GeneReference;

/** Finds human genes by their identifiers. */
export class GeneReference {
  readonly genes: readonly KnownGene[];
  readonly #byEntrez: ReadonlyMap<string, readonly KnownGene[]>;
  readonly #byEnsembl: ReadonlyMap<string, readonly KnownGene[]>;
  readonly #byProbe: ReadonlyMap<string, readonly KnownGene[]>;
  readonly #bySymbol: readonly (readonly [NamedBy, ReadonlyMap<string, readonly KnownGene[]>])[];

  /** @param genes distinct Entrez ids */
  constructor(genes: readonly KnownGene[]) {
    this.genes = genes;
    this.#byEntrez = indexBy(genes, ({ entrez }) => [entrez]);
    this.#byEnsembl = indexBy(genes, ({ ensembl }) => [ensembl]);
    this.#byProbe = indexBy(genes, ({ probes }) => probes);
    this.#bySymbol = [
      ["symbol", indexBy(genes, ({ symbol }) => spellings([symbol]))],
      ["previous", indexBy(genes, ({ previous }) => spellings(previous))],
      ["alias", indexBy(genes, ({ aliases }) => aliases)],
    ];
  }

  /** The gene of an Entrez id. */
  entrez(id: string): NameMatch | undefined {
    return matchOf(this.#byEntrez.get(id), "entrez");
  }

  /** The gene of an Ensembl id, without version. */
  ensembl(id: string): NameMatch | undefined {
    return matchOf(this.#byEnsembl.get(id.toUpperCase()), "ensembl");
  }

  /** The gene of an HG-U133A probe set. */
  probe(id: string): NameMatch | undefined {
    return matchOf(this.#byProbe.get(id), "probe");
  }

  /**
   * The gene of a symbol: as approved, else as it was approved before, else as an alias. Names of other species differ
   * in case alone (`Trp53`, `Tmem2`), so case counts; `C1ORF43` for `C1orf43` is the exception.
   */
  symbol(name: string): NameMatch | undefined {
    for (const [by, genes] of this.#bySymbol) {
      const match = matchOf(genes.get(name), by);
      if (match !== undefined) return match;
    }
    return undefined;
  }
}

function matchOf(genes: readonly KnownGene[] | undefined, by: NamedBy): NameMatch | undefined {
  const [gene, other] = genes ?? [];
  if (gene === undefined || genes === undefined) return undefined;
  return other === undefined ? { kind: "one", gene, by } : { kind: "several", genes };
}

function indexBy(
  genes: readonly KnownGene[],
  keysOf: (gene: KnownGene) => readonly string[],
): ReadonlyMap<string, readonly KnownGene[]> {
  const index = new Map<string, KnownGene[]>();
  for (const gene of genes) {
    for (const key of keysOf(gene)) {
      const known = index.get(key);
      if (known !== undefined) {
        if (known.at(-1) !== gene) known.push(gene);
      } else if (key !== "") index.set(key, [gene]);
    }
  }
  return index;
}

/** The names, and those of open reading frames in upper case. */
function spellings(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => (/^C\d+orf\d+/.test(name) ? [name, name.toUpperCase()] : [name]));
}
