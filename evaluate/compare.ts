import type { Products } from "../runtime/algebra/products.ts";
import type { Comparison } from "../schemas/evaluation.ts";
import { improvementInterval, winRateInterval } from "./bootstrap.ts";
import type { Contestant } from "./contestant.ts";
import { type ErrorTotals, mergedUnits } from "./error-totals.ts";
import { overGenes } from "./summary.ts";
import { wilcoxonP } from "./wilcoxon.ts";

/** What the intervals of comparisons are drawn from, and with. */
export interface Resampling {
  readonly units: Comparison["resampled"];
  readonly resamplings: number;
  readonly seed: number;
  readonly products: Products;
  /** `[genes]`: 1 where the target is a landmark too, and is left out; absent: all targets are compared. */
  readonly overlap?: Uint8Array;
}

/**
 * A model against another one or a baseline, gene by gene, both scored on the same cells. Genes without a truth are
 * left out. Undefined where the other has no error at all: there is no ratio to report.
 */
export async function compare(
  model: Contestant,
  baseline: Contestant,
  { units, resamplings, seed, products, overlap }: Resampling,
): Promise<Comparison | undefined> {
  const chosen = (values: Float64Array) => values.map((value, g) => (overlap?.[g] === 1 ? Number.NaN : value));
  const modelMae = chosen(model.metrics().mae);
  const baselineMae = chosen(baseline.metrics().mae);
  const differences = modelMae.map((mae, g) => mae - baselineMae[g]!);
  const scored = Uint8Array.from(differences, (difference) => (Number.isNaN(difference) ? 0 : 1));
  const defined = differences.filter((_, g) => scored[g] === 1);
  const [meanModel, meanBaseline] = [overGenes(modelMae)?.mean ?? 0, overGenes(baselineMae)?.mean ?? 0];
  if (meanBaseline === 0) return undefined;
  const sums = ({ absolute, withoutOverlap }: ErrorTotals) => (overlap === undefined ? absolute : withoutOverlap);
  const totals = ({ byGroup, bySample }: Contestant) => mergedUnits(sums(units === "groups" ? byGroup : bySample));
  const paired = { model: totals(model), baseline: totals(baseline) };
  const draws = { resamplings, seed };
  const order = orderOf(paired);
  // With a single group there are no gene-wise errors by sample to draw from.
  const drawable = model.geneErrors.units === order.length;
  const winRate = defined.filter((difference) => difference < 0).length / defined.length;
  const genes = drawable && { differences: model.geneErrors.less(baseline.geneErrors), order, scored, winRate };
  return {
    model: model.name,
    baseline: baseline.name,
    improvement: 1 - meanModel / meanBaseline,
    winRate,
    ...(genes && { winRateInterval: await winRateInterval(products, genes, draws) }),
    wilcoxonP: wilcoxonP(defined),
    improvementInterval: improvementInterval(paired, draws),
    resampled: units,
    resampledUnits: order.length,
    resamplings,
  };
}

/** An order of the units that does not depend on the order in which their samples were met. */
function orderOf({ model, baseline }: { model: readonly number[]; baseline: readonly number[] }): Int32Array {
  const order = [...model.keys()].toSorted((a, b) => baseline[a]! - baseline[b]! || model[a]! - model[b]!);
  return Int32Array.from(order);
}
