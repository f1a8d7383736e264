/**
 * Where the genes of a map lie in a cohort's file.
 * @module
 */
import type { Axis } from "../source.ts";
import type { MappedGene } from "./gene-map.ts";
import { withoutVersion } from "./identify.ts";
import { geneKeys } from "./keys.ts";

/** How a cohort's columns were found; all of them in one way, since its ids are of one kind. */
export interface MappedColumns {
  /** `probe`: the file's ids are probes, and a gene is the mean of its probes. `gene`: they are genes. */
  readonly by: "probe" | "gene";
  /** Columns of each gene, `[genes]`; empty: the file lacks it. */
  readonly columns: readonly (readonly number[])[];
  /** Genes of which the file has some probes but not all. */
  readonly partial: readonly string[];
}

/** The order of trust: Ensembl ids (version cut), Entrez ids, then symbols, which go stale. */
const kinds = ["ensembl", "entrez", "symbol"] as const;

/** Finds each gene by its probes, or where the file's ids are genes by Ensembl id, Entrez id or symbol. */
export function mappedColumns(genes: readonly MappedGene[], axis: Axis): MappedColumns {
  const byProbe = probeColumns(genes, axis.ids);
  const byGene = geneColumns(genes, axis);
  const found = (columns: readonly (readonly number[])[]): number => columns.filter((of) => of.length > 0).length;
  if (found(byProbe) < found(byGene)) return { by: "gene", columns: byGene, partial: [] };
  const partial = genes.flatMap(({ id, probes }, gene) => {
    const present = byProbe[gene]?.length ?? 0;
    return present > 0 && present < probes.length ? [id] : [];
  });
  return { by: "probe", columns: byProbe, partial };
}

function probeColumns(genes: readonly MappedGene[], ids: readonly string[]): number[][] {
  const columns = columnsOf(ids);
  return genes.map(({ probes }) => probes.flatMap((probe) => columns.get(probe) ?? []));
}

function geneColumns(genes: readonly MappedGene[], axis: Axis): number[][] {
  const keys = geneKeys(axis);
  const columns = {
    ensembl: columnsOf(keys.ensembl.map(withoutVersion)),
    entrez: columnsOf(keys.entrez),
    symbol: columnsOf(keys.symbol.map((symbol) => symbol.toUpperCase())),
  };
  return genes.map((gene) => {
    const found = kinds.flatMap((kind) => {
      const key = kind === "symbol" ? gene.symbol.toUpperCase() : gene[kind];
      return key === "" ? [] : [columns[kind].get(key) ?? []];
    });
    // Files give one Entrez id to neighbouring loci: an id that names one row says more than one that names several.
    return found.find((of) => of.length === 1) ?? found.find((of) => of.length > 0) ?? [];
  });
}

function columnsOf(ids: readonly string[]): Map<string, number[]> {
  const columns = new Map<string, number[]>();
  ids.forEach((id, column) => {
    const known = columns.get(id);
    if (known !== undefined) known.push(column);
    else if (id !== "") columns.set(id, [column]);
  });
  return columns;
}
