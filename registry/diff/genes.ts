import type { GeneRecord } from "../../schemas/index.ts";

/** How two lists of genes of one role compare. */
export interface GeneDiff {
  readonly before: number;
  readonly after: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** True when the genes that both have stand in another order. */
  readonly reordered: boolean;
  /** Genes that both have, with another symbol, Entrez or Ensembl id: `X: symbol A → B`. */
  readonly renamed: readonly string[];
}

const names = ["symbol", "entrez", "ensembl"] as const;

/** Compares the genes of a role by id. */
export function diffGenes(a: readonly GeneRecord[], b: readonly GeneRecord[], role: GeneRecord["role"]): GeneDiff {
  const [before, after] = [a, b].map(
    (genes) => new Map(genes.filter((gene) => gene.role === role).map((gene) => [gene.id, gene])),
  );
  if (before === undefined || after === undefined) throw new Error("two lists have two maps");
  const kept = [...before.keys()].filter((id) => after.has(id));
  const keptAfter = [...after.keys()].filter((id) => before.has(id));
  return {
    before: before.size,
    after: after.size,
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    reordered: kept.some((id, i) => id !== keptAfter[i]),
    renamed: kept.flatMap((id) =>
      names
        .filter((name) => before.get(id)?.[name] !== after.get(id)?.[name])
        .map((name) => `${id}: ${name} ${before.get(id)?.[name] || "none"} → ${after.get(id)?.[name] || "none"}`),
    ),
  };
}
