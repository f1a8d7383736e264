import type { Against, Evaluation } from "../schemas/evaluation.ts";
import type { EvaluationResult } from "./evaluate.ts";
import type { GeneColumns } from "./per-gene.ts";

/** A second evaluation, and how to read it beside the first. */
export interface SecondEvaluation {
  readonly result: EvaluationResult;
  /** How the first and the second dataset were split. */
  readonly split: string;
  readonly otherSplit: string;
  /** What pairs the contestants of both: the recipe of models trained on them, the name of others. */
  readonly keyOf: (name: string) => string;
}

/**
 * The gap between two datasets, usually one source split by groups and at random: each contestant's MAE over the
 * targets that both have. z units are each dataset's own. Undefined where nothing can be paired.
 */
export function gapBetween(
  first: EvaluationResult,
  { result, split, otherSplit, keyOf }: SecondEvaluation,
): Against | undefined {
  const common = commonGenes(first, result);
  const { dataset, all } = result.evaluation;
  const others = new Map(result.perGene.columns.map((column) => [keyOf(column.name), column]));
  const gaps = first.perGene.columns.flatMap((column) => {
    const other = others.get(keyOf(column.name));
    if (other === undefined) return [];
    const mae = meanMae(
      column,
      common.map(([g]) => g),
    );
    const otherMae = meanMae(
      other,
      common.map(([, g]) => g),
    );
    return otherMae > 0 ? [{ model: column.name, other: other.name, mae, otherMae, gap: mae / otherMae - 1 }] : [];
  });
  if (gaps.length === 0) return undefined;
  return { dataset, split, otherSplit, samples: all[0]?.samples ?? 0, genes: common.length, gaps };
}

/** Indices, in both evaluations, of the targets that have a truth in both. */
function commonGenes(first: EvaluationResult, second: EvaluationResult): [number, number][] {
  const scored = ({ perGene }: EvaluationResult, g: number) => (perGene.columns[0]?.metrics.n[g] ?? 0) > 0;
  const indexOf = new Map(second.perGene.targets.map(({ id }, g) => [id, g]));
  return first.perGene.targets.flatMap(({ id }, g): [number, number][] => {
    const other = indexOf.get(id);
    return other !== undefined && scored(first, g) && scored(second, other) ? [[g, other]] : [];
  });
}

const meanMae = ({ metrics }: GeneColumns, genes: readonly number[]): number =>
  genes.reduce((sum, g) => sum + metrics.mae[g]!, 0) / genes.length;

/** The evaluation with its gap, and a note of what has none. */
export function withGap(first: EvaluationResult, second: SecondEvaluation): EvaluationResult {
  const against = gapBetween(first, second);
  const paired = new Set(against?.gaps.map(({ model }) => model));
  const lonely = first.perGene.columns.map(({ name }) => name).filter((name) => !paired.has(name));
  const note = `${lonely.join(", ")}: no gap to ${second.result.evaluation.dataset.name}, because a model trained on a split of the same profiles may have seen the other split's test rows. Give a model of the same recipe trained on that dataset too.`;
  const evaluation: Evaluation = {
    ...first.evaluation,
    ...(against && { against }),
    notes: [...first.evaluation.notes, ...(lonely.length > 0 ? [note] : [])],
  };
  return { ...first, evaluation };
}
