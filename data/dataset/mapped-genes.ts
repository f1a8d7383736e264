import { AppError } from "../../schemas/index.ts";
import type { SpaceGene } from "../genes/gene-space.ts";
import { type MappedColumns, mappedColumns } from "../genes/mapped-columns.ts";
import type { MetaColumn } from "../source.ts";
import type { CohortAxes, SharedGenes } from "./cohorts.ts";
import { counted, firstOf } from "./counted.ts";

/**
 * Intersects the cohorts by the genes of maps instead of by row ids.
 * @throws AppError `bad-data` when a cohort has none of the genes, or no gene is in all cohorts.
 */
export function mapGenes(cohorts: readonly CohortAxes[], space: readonly SpaceGene[]): SharedGenes {
  const found = cohorts.map(({ genes }) => mappedColumns(space, genes));
  const strangers = cohorts.filter((_, index) => !found[index]?.columns.some((columns) => columns.length > 0));
  if (strangers.length > 0)
    throw new AppError("bad-data", {
      what: "none of the mapped genes is there, neither by probe nor by Ensembl id, Entrez id or symbol",
      where: strangers.map(({ label }) => label).join(", "),
      expected: `probes such as ${firstOf(space[0]?.probes ?? [])}, or genes such as ${describeGene(space[0])}`,
      got: strangers.map(({ genes }) => firstOf(genes.ids)).join("; "),
      advice: "Choose the maps of this platform and species",
    });
  const kept = [...space.keys()].filter((gene) => found.every(({ columns }) => (columns[gene]?.length ?? 0) > 0));
  if (kept.length === 0)
    throw new AppError("bad-data", {
      what: "no mapped gene is in every cohort",
      examples: cohorts.map(({ label }, index) => `${label} has ${counted(foundGenes(found[index]), "mapped gene")}`),
      advice: "Choose maps whose genes all these files measure",
    });
  return {
    axis: { ids: kept.map((gene) => space[gene]?.row ?? ""), fields: geneFields(kept.flatMap((g) => space[g] ?? [])) },
    columns: found.map(({ columns }) => kept.map((gene) => columns[gene] ?? [])),
    by: found.map(({ by }) => by),
    warnings: cohorts.flatMap(({ cohort }, index) => cohortWarnings(cohort, space, found[index])),
  };
}

function describeGene(gene: SpaceGene | undefined): string {
  return [gene?.ensembl, gene?.entrez, gene?.symbol].filter(Boolean).join(" / ");
}

function foundGenes(found: MappedColumns | undefined): number {
  return found?.columns.filter((columns) => columns.length > 0).length ?? 0;
}

/** Metadata of the rows: the ids that later inputs are matched by, the probes, and the roles that the maps give. */
function geneFields(genes: readonly SpaceGene[]): Map<string, MetaColumn> {
  return new Map<string, MetaColumn>([
    ["pr_gene_symbol", genes.map(({ symbol }) => symbol)],
    ["pr_gene_id", genes.map(({ entrez }) => entrez)],
    ["pr_ensembl_id", genes.map(({ ensembl }) => ensembl)],
    ["lf_probes", genes.map(({ probes }) => probes.join(","))],
    ["lf_landmark", Float64Array.from(genes, ({ landmark }) => landmark)],
    ["lf_target", Float64Array.from(genes, ({ target }) => target)],
  ]);
}

function cohortWarnings(cohort: string, space: readonly SpaceGene[], found: MappedColumns | undefined): string[] {
  if (found === undefined) return [];
  const { columns, partial } = found;
  const lacking = space.filter((_, gene) => columns[gene]?.length === 0);
  const names = (genes: readonly SpaceGene[]): string => firstOf(genes.map(({ row, symbol }) => symbol || row));
  return [
    ...(lacking.length === 0
      ? []
      : [`${cohort} lacks ${lacking.length} of the ${counted(space.length, "mapped gene")}: ${names(lacking)}`]),
    ...(partial.length === 0
      ? []
      : [`${cohort} has only some of the probes of ${counted(partial.length, "gene")}: ${firstOf(partial)}`]),
  ];
}
