/**
 * The rows of a dataset whose genes come from maps.
 * @module
 */
import type { MappedGene } from "./gene-map.ts";
import { targetId } from "./target-id.ts";

/** A row of the dataset: a gene, or the landmark or target probes of one. */
export interface SpaceGene extends MappedGene {
  /** The row's id: the gene's, or `X|target` where other probes of gene `X` are a landmark. */
  readonly row: string;
  /** 1 = named by the landmarks' map. */
  readonly landmark: 0 | 1;
  /** 1 = named by the targets' map. */
  readonly target: 0 | 1;
}

/** Maps by what they are for. */
export interface GeneMaps {
  /** Each gene is a landmark. */
  readonly landmarks?: readonly MappedGene[] | undefined;
  /** Each gene is a target. */
  readonly targets?: readonly MappedGene[] | undefined;
  /**
   * Further ids of genes of the other two maps, which are known by a probe in common; and, unless both roles have a
   * map, genes of no role.
   */
  readonly further: readonly (readonly MappedGene[])[];
}

/**
 * Lays out the rows: landmarks, targets, then other genes. A gene that is landmark and target is one row where both
 * maps give it the same probes, else two, `X` and `X|target`: on microarrays these are different measurements
 * (DESIGN 3.1; 445 of D-GEX's targets).
 */
export function geneSpace({ landmarks, targets, further }: GeneMaps): SpaceGene[] {
  const rows = new Map<string, SpaceGene>();
  for (const gene of landmarks ?? []) rows.set(gene.id, { ...gene, row: gene.id, landmark: 1, target: 0 });
  for (const gene of targets ?? []) {
    const known = rows.get(gene.id);
    if (known !== undefined && sameProbes(known, gene)) rows.set(gene.id, { ...known, target: 1 });
    else {
      const row = targetId(gene.id, known !== undefined);
      rows.set(row, { ...gene, row, landmark: 0, target: 1 });
    }
  }
  const others = mergeFurther(further);
  const byProbe = new Map(others.flatMap((gene) => gene.probes.map((probe) => [probe, gene] as const)));
  const named = new Set<MappedGene>();
  for (const [row, gene] of rows) {
    const same = new Set(gene.probes.flatMap((probe) => byProbe.get(probe) ?? []));
    for (const other of others) if (other.id === gene.id) same.add(other);
    for (const other of same) named.add(other);
    rows.set(row, { ...gene, ...furtherIds(gene, [...same]) });
  }
  const rest = landmarks !== undefined && targets !== undefined ? [] : others.filter((gene) => !named.has(gene));
  for (const gene of rest) rows.set(gene.id, { ...gene, row: gene.id, landmark: 0, target: 0 });
  return [...rows.values()];
}

function sameProbes(a: MappedGene, b: MappedGene): boolean {
  return a.probes.length === b.probes.length && a.probes.every((probe) => b.probes.includes(probe));
}

/** The genes of all further maps; of one id, the probes of all. */
function mergeFurther(maps: GeneMaps["further"]): MappedGene[] {
  const genes = new Map<string, MappedGene>();
  for (const gene of maps.flat()) {
    const known = genes.get(gene.id);
    const ids = known === undefined ? gene : { ...known, ...furtherIds(known, [gene]) };
    genes.set(gene.id, { ...ids, probes: [...new Set([...(known?.probes ?? []), ...gene.probes])] });
  }
  return [...genes.values()];
}

/** What others know of a gene that it does not know itself, where they agree. */
function furtherIds(
  gene: MappedGene,
  others: readonly MappedGene[],
): Pick<MappedGene, "symbol" | "ensembl" | "entrez"> {
  const agreed = (key: "symbol" | "ensembl" | "entrez"): string => {
    if (gene[key] !== "") return gene[key];
    const known = new Set(others.map((other) => other[key]).filter((id) => id !== ""));
    return known.size === 1 ? ([...known][0] ?? "") : "";
  };
  return { symbol: agreed("symbol"), ensembl: agreed("ensembl"), entrez: agreed("entrez") };
}
