/**
 * Landmarks of a model that an input carries under other names than the model's.
 * @module
 */
import type { GeneRecord } from "../../schemas/index.ts";
import type { Axis } from "../source.ts";
import { closestName } from "./closest.ts";
import type { GeneReference, KnownGene, NamedBy } from "./gene-reference.ts";
import { type IdentifiedGenes, identifyGenes, recordAxis } from "./identified.ts";

/** A landmark that is not found by the model's own names. */
export interface OtherName {
  /** Id of the landmark in the model. */
  readonly landmark: string;
  /** How the input calls the gene. */
  readonly name: string;
}

/** What a reference finds. */
export interface FoundByReference {
  /** Columns of the input, and by which identifier of the input, by place among the landmarks. */
  readonly found: ReadonlyMap<number, { readonly columns: readonly number[]; readonly by: NamedBy }>;
  /** Names of the input that may mean a landmark or another gene: not taken. */
  readonly ambiguous: readonly OtherName[];
  /** Names of the input that no gene has, close to that of a landmark: not taken. */
  readonly close: readonly OtherName[];
}

/** Where to look. */
export interface ReferenceSearch {
  readonly landmarks: readonly GeneRecord[];
  /** Places of the landmarks that are sought. */
  readonly missing: readonly number[];
  readonly input: Axis;
  /** Tells whether a column of the input is a landmark already. */
  readonly isUsed: (column: number) => boolean;
  readonly reference: GeneReference;
}

/** Of the landmarks that stay missing, how many are looked for among misspelt names. */
const closeSought = 20;

/** The order of trust; the probes of a gene come last, since the reference names some of a gene's only. */
const order: readonly NamedBy[] = ["entrez", "ensembl", "symbol", "previous", "alias", "probe"];

/**
 * Seeks landmarks by what the reference knows of them: current, previous and alias symbols, Ensembl ids, probes. Names
 * are those of human genes: a model of which less than half the landmarks are known by name is of another species, and
 * nothing is found for it.
 */
export function findByReference(search: ReferenceSearch): FoundByReference {
  const { landmarks, missing, input, reference, isUsed } = search;
  const nothing: FoundByReference = { found: new Map(), ambiguous: [], close: [] };
  const sought = identifyGenes(recordAxis(landmarks), reference);
  if (2 * sought.found.filter(Boolean).length < landmarks.length) return nothing;
  const given = identifyGenes(input, reference);
  const columnsOf = new Map<KnownGene, number[]>();
  for (const [column, match] of given.found.entries()) {
    if (match === undefined || isUsed(column)) continue;
    columnsOf.set(match.gene, [...(columnsOf.get(match.gene) ?? []), column]);
  }
  const found = new Map<number, { readonly columns: readonly number[]; readonly by: NamedBy }>();
  for (const landmark of missing) {
    const gene = sought.found[landmark]?.gene;
    const columns = gene && columnsOf.get(gene);
    if (gene !== undefined && columns !== undefined) found.set(landmark, mostTrusted(columns, { gene, given, input }));
  }
  const lacking = missing.filter((landmark) => !found.has(landmark));
  return { found, ...unclear(lacking, { search, sought, given }) };
}

/** The columns of the most trusted identifier; of probes the one that L1000 is calibrated on, where the input has it. */
function mostTrusted(
  columns: readonly number[],
  { gene, given, input }: { readonly gene: KnownGene; readonly given: IdentifiedGenes; readonly input: Axis },
): { readonly columns: readonly number[]; readonly by: NamedBy } {
  const by = order.find((way) => columns.some((column) => given.found[column]?.by === way)) ?? "probe";
  const trusted = columns.filter((column) => given.found[column]?.by === by);
  const own = trusted.filter((column) => input.ids[column] === gene.probes[0]);
  return { by, columns: by === "probe" && gene.space === "landmark" && own.length > 0 ? own : trusted };
}

interface Unclear {
  readonly search: ReferenceSearch;
  readonly sought: IdentifiedGenes;
  readonly given: IdentifiedGenes;
}

/** What the input has that may be a landmark that stays missing. */
function unclear(
  lacking: readonly number[],
  { search: { landmarks, input, isUsed }, sought, given }: Unclear,
): Pick<FoundByReference, "ambiguous" | "close"> {
  if (lacking.length === 0) return { ambiguous: [], close: [] };
  const nameOf = (column: number): string => given.symbols[column] || (input.ids[column] ?? "");
  const byGene = new Map(lacking.map((landmark) => [sought.found[landmark]?.gene, landmarks[landmark]?.id ?? ""]));
  byGene.delete(undefined);
  const ambiguous = [...given.ambiguous].flatMap(([column, genes]) =>
    genes.flatMap((gene) => {
      const landmark = byGene.get(gene);
      return landmark === undefined || isUsed(column) ? [] : [{ landmark, name: nameOf(column) }];
    }),
  );
  const strangers = [...input.ids.keys()]
    .filter((column) => !isUsed(column) && given.found[column] === undefined && !given.ambiguous.has(column))
    .map(nameOf);
  const close = lacking.slice(0, closeSought).flatMap((place) => {
    const { id = "", symbol = "" } = landmarks[place] ?? {};
    const name = closestName(sought.found[place]?.gene.symbol ?? (symbol || id), strangers);
    return name === undefined ? [] : [{ landmark: id, name }];
  });
  return { ambiguous, close };
}
