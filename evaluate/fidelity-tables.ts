/**
 * Tables of what goes beyond errors: recall, differences within groups, intervals, groups, stress, a second dataset.
 * @module
 */
import type { Against, Differential, GroupScores, IntervalScores, Recall, Stress } from "../schemas/evaluation.ts";
import type { Html } from "./html.ts";
import { fixed, grouped, modelTable, named, percent, table } from "./html-table.ts";

type Colours = ReadonlyMap<string, string>;

/** CMap recall of genes and of samples. */
export function recallTable(recall: readonly Recall[], colours: Colours): Html {
  return modelTable(
    recall,
    [
      ["genes: median R", ({ genes }) => genes && fixed(genes.median, 3)],
      ["genes: R ≥ .95 (BING-like)", ({ genes }) => genes && percent(genes.atLeast95)],
      ["genes: R ≥ .99", ({ genes }) => genes && percent(genes.atLeast99)],
      ["samples: median R", ({ samples }) => samples && fixed(samples.median, 3)],
      ["samples: R ≥ .95", ({ samples }) => samples && percent(samples.atLeast95)],
      ["samples: R ≥ .99", ({ samples }) => samples && percent(samples.atLeast99)],
      ["self-correlation", ({ samples }) => samples && fixed(samples.medianSimilarity, 3)],
    ],
    { colours },
  );
}

/** Fidelity of differences within groups. */
export function differentialTable(differential: readonly Differential[], colours: Colours): Html {
  const extremes = differential[0]?.extremes ?? 0;
  return modelTable(
    differential,
    [
      ["r per profile", ({ profile }) => profile && fixed(profile.mean, 3)],
      ["r per gene", ({ gene }) => gene && fixed(gene.mean, 3)],
      [`sign of the top ${extremes}`, ({ signTop }) => percent(signTop)],
      [`sign of the bottom ${extremes}`, ({ signBottom }) => percent(signBottom)],
    ],
    { colours },
  );
}

/** Widths and coverage of the 90 % intervals. */
export function intervalTable(intervals: readonly IntervalScores[], colours: Colours): Html {
  return modelTable(
    intervals,
    [
      ["half-width", ({ halfwidth }) => fixed(halfwidth.mean, 3)],
      ["cells inside", ({ coverage }) => percent(coverage)],
      ["5th percentile gene", ({ gene5 }) => percent(gene5)],
      ["median gene", ({ geneMedian }) => percent(geneMedian)],
      ["worst group", ({ worstGroup }) => worstGroup && `${percent(worstGroup.coverage)} (${worstGroup.group})`],
      [
        "not flagged",
        ({ unflagged }) => unflagged && `${percent(unflagged.coverage)} of ${grouped(unflagged.profiles)}`,
      ],
      ["flagged", ({ flagged }) => flagged && `${percent(flagged.coverage)} of ${grouped(flagged.profiles)}`],
    ],
    { colours },
  );
}

/** Errors by group, worst first: the first `count` of them. */
export function groupTable(
  groups: readonly GroupScores[],
  { models, field, count }: { models: readonly string[]; field: string; count: number },
): Html {
  const bounded = models.filter((model) => groups.some(({ coverage90 }) => coverage90[model] !== undefined));
  return table(
    [field, "samples", ...models.map((model) => `MAE, ${model}`), ...bounded.map((model) => `in interval, ${model}`)],
    groups.slice(0, count).map(({ group, samples, mae, coverage90 }) => ({
      cells: [
        group,
        grouped(samples),
        ...models.map((model) => fixed(mae[model])),
        ...bounded.map((model) => percent(coverage90[model])),
      ],
    })),
  );
}

/** MAE with landmarks missing. */
export function stressTable({ shares, hidden, mae }: Stress, colours: Colours): Html {
  return modelTable(
    mae,
    shares.map((share, level) => [
      level === 0 ? "none missing" : `${percent(share, 0)} (${hidden[level]})`,
      ({ mae: errors }) => fixed(errors[level]),
    ]),
    { colours },
  );
}

/** MAE here and on the second dataset. */
export function gapTable({ gaps, split, otherSplit, dataset }: Against, colours: Colours): Html {
  return table(
    ["Model", `MAE here (${split})`, `MAE on ${dataset.name} (${otherSplit})`, "there as", "gap"],
    gaps.map(({ model, other, mae, otherMae, gap }) => ({
      cells: [named(model, colours), fixed(mae), fixed(otherMae), other, `${gap > 0 ? "+" : ""}${percent(gap)}`],
    })),
  );
}
