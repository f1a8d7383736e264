/**
 * Measured landmarks of an input that the model has no use for: they are passed through, so that an output never holds
 * less than what was measured.
 * @module
 */
import type { OpenReference } from "../data/genes/gene-reference.ts";
import { identifyGenes, recordAxis } from "../data/genes/identified.ts";
import { type GeneKeys, geneKeys, type KeyKind } from "../data/genes/keys.ts";
import type { Axis, MetaColumn } from "../data/source.ts";
import type { GeneRecord } from "../schemas/index.ts";

/** Columns that say of a gene whether it was measured, and how; the first one that an input has decides. */
const flags: readonly (readonly [field: string, isMeasured: (value: string) => boolean])[] = [
  ["pr_is_lmark", (value) => /^(y|yes|1|true)$/i.test(value)],
  ["is_lm", (value) => /^(y|yes|1|true)$/i.test(value)],
  ["l1000_space", (value) => /^landmark$/i.test(value)],
  // The bead that measured it: `Analyte 11`, or its number.
  ["pr_analyte_id", (value) => /^(analyte\s*)?[1-9]\d*$/i.test(value)],
];

const kinds: readonly KeyKind[] = ["entrez", "ensembl", "symbol"];

/** A gene that an input measured beside the model's landmarks. */
export interface FurtherLandmark {
  /** Column of the input. */
  readonly column: number;
  readonly id: string;
  readonly symbol: string;
  readonly entrez: string;
}

/**
 * The landmarks of an input that were measured but that the model does not know, in the input's order. A gene that is
 * one of the model's under any identifier, or any name that the reference knows, is none, nor is one whose row id the
 * input uses twice.
 */
export function furtherLandmarks(
  input: Axis,
  genes: readonly GeneRecord[],
  reference?: OpenReference,
): readonly FurtherLandmark[] {
  const isMeasured = measuredFlag(input);
  if (isMeasured === undefined) return [];
  const keys = geneKeys(input);
  const isKnown = knownGenes(genes, keys);
  const uses = new Map<string, number>();
  for (const id of input.ids) uses.set(id, (uses.get(id) ?? 0) + 1);
  const further = input.ids.flatMap((id, column) => {
    if (id === "" || uses.get(id) !== 1 || !isMeasured(column) || isKnown(id, column)) return [];
    return [{ column, id, symbol: keys.symbol[column] ?? "", entrez: keys.entrez[column] ?? "" }];
  });
  if (further.length === 0 || reference === undefined) return further;
  const known = reference();
  const ofModel = new Set(identifyGenes(recordAxis(genes), known).found.map((match) => match?.gene));
  const ofInput = identifyGenes(input, known).found;
  return further.filter(({ column }) => {
    const gene = ofInput[column]?.gene;
    return gene === undefined || !ofModel.has(gene);
  });
}

function measuredFlag({ fields }: Axis): ((column: number) => boolean) | undefined {
  for (const [field, isMeasured] of flags) {
    const values = fields.get(field);
    if (values !== undefined) return (column) => isMeasured(textAt(values, column));
  }
  return undefined;
}

function textAt(values: MetaColumn, index: number): string {
  return String(values[index] ?? "").trim();
}

/** Tells whether a gene of the input is one of the model's, by its row id or any of its keys. */
function knownGenes(genes: readonly GeneRecord[], keys: GeneKeys): (id: string, column: number) => boolean {
  const ids = new Set(genes.map(({ id }) => id));
  const fold = (key: string): string => key.toUpperCase();
  const known = kinds.map((kind) => ({
    ofInput: keys[kind],
    // A model without this kind of identifier may carry it as its row id.
    ofModel: new Set(genes.map((gene) => fold(gene[kind] || gene.id))),
  }));
  return (id, column) =>
    ids.has(id) ||
    known.some(({ ofInput, ofModel }) => {
      const key = ofInput[column] ?? "";
      return key !== "" && ofModel.has(fold(key));
    });
}
