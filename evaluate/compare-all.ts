import type { Comparison } from "../schemas/evaluation.ts";
import { compare, type Resampling } from "./compare.ts";
import type { Contestant } from "./contestant.ts";

/**
 * Each model against every baseline and once against every other model, and each baseline against those before it
 * (ridge against the mean says what the simplest model gains). Where `base` is a model, others are held against it.
 */
export async function compareAll(
  contestants: readonly Contestant[],
  base: Contestant,
  resampling: Resampling,
): Promise<{ comparisons: Comparison[]; notComparable: string[] }> {
  const of = (role: Contestant["role"]) => contestants.filter((contestant) => contestant.role === role);
  const [models, baselines] = [of("model"), of("baseline")];
  const against = models.flatMap((model, i) =>
    models.slice(i + 1).map((other) => (model === base ? ([other, model] as const) : ([model, other] as const))),
  );
  const pairs = [
    ...models.flatMap((model) => baselines.map((baseline) => [model, baseline] as const)),
    ...against,
    ...baselines.flatMap((later, i) => baselines.slice(0, i).map((earlier) => [later, earlier] as const)),
  ];
  const comparisons: Comparison[] = [];
  const notComparable = new Set<string>();
  for (const [model, other] of pairs) {
    const comparison = await compare(model, other, resampling);
    if (comparison) comparisons.push(comparison);
    else notComparable.add(other.name);
  }
  return { comparisons, notComparable: [...notComparable] };
}
