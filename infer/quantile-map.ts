/**
 * Whether `harmonise: quantile` can do what training did: map whole profiles onto the joint reference, of which the
 * model takes its landmarks (joint quantile normalisation: `data/harmonise/joint-quantile.ts`).
 * @module
 */
import { type Alignment, alignLandmarks } from "../data/genes/align.ts";
import { geneOfRow } from "../data/genes/target-id.ts";
import type { Axis } from "../data/source.ts";
import type { ExpressionManifest, GeneRecord, InferOptions, QuantileReference, RankRule } from "../schemas/index.ts";

/** How the landmarks come to the joint reference; absent from a plan: they are mapped by themselves. */
export type QuantileMap =
  /** Whole profiles are mapped by rank. */
  | {
      readonly by: "profile";
      /** Columns of the input per gene of the reference, `[genes]`: the model's landmarks first, then targets. */
      readonly sources: Alignment["sources"];
      readonly duplicates: Alignment["duplicates"];
      /** The input's ids of these genes. */
      readonly ids: readonly string[];
      readonly ranks: RankRule;
    }
  /** Every file of a joined input was mapped by itself: the mapped landmarks begin at this column of its rows. */
  | { readonly by: "columns"; readonly start: number; readonly ranks: QuantileRanks };

/** The rule of a whole output; `mixed`: its inputs have several, or some were mapped by their landmarks alone. */
export type QuantileRanks = RankRule | "mixed";

/** What was found; nothing where no joint reference is asked for, or the model has none. */
export interface QuantileMapping {
  readonly quantile?: QuantileMap;
  /** What a user should know where landmarks are mapped by themselves, although the model has a joint reference. */
  readonly landmarksAlone?: string;
}

/** What is looked at. */
export interface QuantileInput {
  readonly input: Axis;
  readonly label: string;
  readonly options: InferOptions;
  /** Of the model's landmarks. */
  readonly alignment: Alignment;
}

/** Finds the genes of the joint reference in an input, where the model has one and the options map by rank. */
export function quantileMapping(
  request: QuantileInput,
  { manifest, genes }: { readonly manifest: ExpressionManifest; readonly genes: readonly GeneRecord[] },
): QuantileMapping {
  const { joint } = manifest.inputProfile;
  if (request.options.harmonise !== "quantile" || joint === undefined) return {};
  const ranked = rankedGenes(genes, manifest.landmarks, joint.values.length);
  if (ranked === undefined)
    return landmarksAlone(request.label, `${joint.values.length} genes, and the model does not name all of them`);
  const { input, label, options, alignment } = request;
  const present = new Set(input.ids);
  const targets = alignLandmarks({
    landmarks: ranked.map((gene) => (present.has(gene.id) ? gene : { ...gene, id: geneOfRow(gene.id) })),
    input,
    duplicates: "mean",
    label,
  });
  const of = `${joint.values.length} genes`;
  const missing = [...alignment.missing, ...targets.missing];
  if (missing.length > 0) return landmarksAlone(label, `${of}, of which the input lacks ${listed(missing)}`);
  const repeated = targets.sources.flatMap((columns, i) => (columns.length > 1 ? [targets.inputIds[i] ?? ""] : []));
  if (options.duplicates === "error" && repeated.length > 0)
    return landmarksAlone(label, `${of}, of which the input repeats ${listed(repeated)} (see --duplicates)`);
  return {
    quantile: {
      by: "profile",
      sources: [...alignment.sources, ...targets.sources],
      duplicates: options.duplicates,
      ids: [...alignment.inputIds, ...targets.inputIds],
      ranks: ruleFor(joint, alignment),
    },
  };
}

/**
 * The targets that count in the reference beside the landmarks: a target that is a landmark too is a value of its own
 * where its probes are (a gene map), else it is the landmark's. Undefined where neither gives the reference's length,
 * as in a model of some of the dataset's targets.
 */
function rankedGenes(
  genes: readonly GeneRecord[],
  landmarks: number,
  length: number,
): readonly GeneRecord[] | undefined {
  const ids = new Set(genes.slice(0, landmarks).map(({ id }) => id));
  const all = genes.slice(landmarks);
  const others = all.filter(({ id }) => !ids.has(geneOfRow(id)));
  return [all, others].find((targets) => landmarks + targets.length === length);
}

/**
 * The training cohorts' rule; where they differ, that of microarrays for probes, else that of RNA-seq. Without ties
 * both give the same values, and ties are RNA-seq's.
 */
function ruleFor({ ranks }: QuantileReference, { idTypes }: Alignment): RankRule {
  const [rule = "average", ...others] = new Set(Object.values(ranks));
  if (others.length === 0) return rule;
  return idTypes.input === "affy" ? "average" : "dense";
}

function landmarksAlone(label: string, why: string): QuantileMapping {
  return {
    landmarksAlone: `${label}: landmarks are mapped by their own ranks, not as in training, where profiles were ranked over ${why}`,
  };
}

function listed(names: readonly string[]): string {
  return `${names.length} (${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""})`;
}
