import { GeneReference, type KnownGene, type OpenReference } from "../../../../data/genes/gene-reference.ts";

/** A gene of which a test says as much as it needs. */
export function knownGene(entrez: string, symbol: string, more: Partial<KnownGene> = {}): KnownGene {
  return { entrez, symbol, previous: [], aliases: [], ensembl: "", probes: [], space: "none", ...more };
}

export function referenceOf(genes: readonly KnownGene[]): GeneReference {
  return new GeneReference(genes);
}

/** A reference that counts how often it is opened. */
export function countedReference(genes: readonly KnownGene[]): {
  readonly open: OpenReference;
  readonly opened: () => number;
} {
  let opened = 0;
  const reference = referenceOf(genes);
  return {
    open: () => {
      opened += 1;
      return reference;
    },
    opened: () => opened,
  };
}
