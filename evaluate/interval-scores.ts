import type { IntervalScores, ProfileCoverage } from "../schemas/evaluation.ts";
import { ratioInterval } from "./bootstrap.ts";
import type { Resampling } from "./compare.ts";
import type { Contestant } from "./contestant.ts";
import { type ErrorTotals, mergedUnits } from "./error-totals.ts";
import { definedAscending, overGenes, quantile } from "./summary.ts";

/** Coverage of a contestant's intervals; undefined where it has none. `groups` are the names of its groups. */
export function intervalScores(
  contestant: Contestant,
  groups: readonly string[],
  resampling: Omit<Resampling, "products">,
): IntervalScores | undefined {
  const { name, byGroup, byFlag, bySample, model } = contestant;
  const { coverage, n } = contestant.metrics();
  const halfwidth = model.halfwidths && overGenes(model.halfwidths.filter((_, g) => n[g]! > 0));
  const total = bySample.totalCoverage();
  if (coverage === undefined || halfwidth === undefined || Number.isNaN(total)) return undefined;
  const genes = definedAscending(coverage);
  const worst = byGroup
    .coverage()
    .map((share, group) => ({ group: groups[group] ?? "", samples: byGroup.rows[group] ?? 0, coverage: share }))
    .filter((one) => !Number.isNaN(one.coverage))
    .toSorted((a, b) => a.coverage - b.coverage || (a.group < b.group ? -1 : 1))[0];
  const { bounded, inside } = resampling.units === "groups" ? byGroup : bySample;
  // Cells of a profile, and profiles of a group, are alike: only units that are drawn whole tell how sure a share is.
  const drawn = bounded.filter((cells) => cells > 0).length > 1;
  const flags = byFlag.rows.length > 0;
  return {
    model: name,
    nominal: 0.9,
    guarantee: "marginal",
    halfwidth,
    coverage: total,
    ...(drawn && {
      coverageInterval: ratioInterval({ part: mergedUnits(inside), whole: mergedUnits(bounded) }, resampling),
    }),
    gene5: quantile(genes, 0.05),
    geneMedian: quantile(genes, 0.5),
    ...(worst && { worstGroup: worst }),
    ...(flags && { flagged: profiles(byFlag, 1), unflagged: profiles(byFlag, 0) }),
  };
}

function profiles(totals: ErrorTotals, unit: number): ProfileCoverage {
  const figure = (values: readonly number[]) => {
    const value = values[unit] ?? Number.NaN;
    return Number.isNaN(value) ? undefined : value;
  };
  const [coverage, mae] = [figure(totals.coverage()), figure(totals.mae())];
  return {
    profiles: totals.rows[unit] ?? 0,
    ...(coverage !== undefined && { coverage }),
    ...(mae !== undefined && { mae }),
  };
}
