/**
 * The choices of a kernel fit that validation makes, one after the other, the others at their first values: what is
 * cheap (one group of all targets) first. Each choice takes the candidate with the smallest validation MAE.
 * @module
 */
import { AppError } from "../../../schemas/errors.ts";
import type { KernelStart } from "../../../schemas/index.ts";
import { best, type Candidate } from "../../candidates.ts";
import { geneGroups, oneGroup, type RidgeWeights } from "./gene-groups.ts";
import type { FitGroup, GroupFit, GroupOptions } from "./group-fit.ts";
import type { KernelShape } from "./kernel-function.ts";
import type { HeldRows } from "./kernel-rows.ts";
import { bestShiftShare } from "./kernel-score.ts";

/** Everything that a fit has free. */
export interface KernelSetting {
  readonly shape: KernelShape;
  readonly winsorise: number;
  readonly clusters: number;
  readonly metricPower: number;
}

/** A setting fitted and scored. */
export interface SettingFit {
  readonly setting: KernelSetting;
  readonly groups: readonly GroupFit[];
  readonly shiftShare: number;
  /** NaN without validation rows. */
  readonly validationMae: number;
}

/** What the search returns. */
export interface KernelChoice {
  readonly fit: SettingFit;
  readonly candidates: readonly (Candidate & { readonly name: string })[];
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** The first candidate of every choice. */
function firstOf<T>(values: readonly T[]): T {
  const [first] = values;
  if (first === undefined) throw new AppError("internal", { what: "a choice of a kernel fit has no candidate" });
  return first;
}

/** The candidates of each choice, by name, as the recipe has them. */
export function choicesOf({ shape, winsorise, clusters, metricPower }: KernelStart) {
  return {
    shape: list(shape),
    winsorise: list(winsorise),
    clusters: list(clusters),
    metricPower: list(metricPower),
  };
}

/** One choice: the setting with each candidate, what the candidate is called, and its number in the record. */
interface Choice {
  readonly settings: readonly KernelSetting[];
  readonly named: (setting: KernelSetting) => { readonly name: string; readonly value: number };
}

/** Makes the choices; every setting is fitted once, the best fit of a choice is kept for the next. */
export async function searchKernel(
  start: KernelStart,
  fitAndScore: (setting: KernelSetting) => Promise<SettingFit>,
): Promise<KernelChoice> {
  const choices = choicesOf(start);
  const candidates: (Candidate & { readonly name: string })[] = [];
  let setting: KernelSetting = {
    shape: firstOf(choices.shape),
    winsorise: firstOf(choices.winsorise),
    clusters: 1,
    metricPower: firstOf(choices.metricPower),
  };
  let kept: SettingFit | undefined;
  const take = async ({ settings, named }: Choice): Promise<void> => {
    const [only] = settings;
    if (settings.length === 1 && only !== undefined) {
      setting = only;
      return;
    }
    const fits: { value: number; validationMae: number }[] = [];
    const before = kept;
    kept = undefined;
    for (const [at, one] of settings.entries()) {
      const fit = before !== undefined && isSame(before.setting, one) ? before : await fitAndScore(one);
      candidates.push({ ...named(one), validationMae: fit.validationMae });
      fits.push({ value: at, validationMae: fit.validationMae });
      if (best(fits).value === at) kept = fit;
    }
    setting = settings[best(fits).value] ?? setting;
  };
  await take({
    settings: choices.shape.map((shape) => ({ ...setting, shape })),
    named: ({ shape }) => ({ name: `gamma with linear ${shape.linear}`, value: shape.gamma }),
  });
  await take({
    settings: choices.winsorise.map((winsorise) => ({ ...setting, winsorise })),
    named: ({ winsorise }) => ({ name: "winsorise", value: winsorise }),
  });
  await take({
    settings: choices.clusters.map((clusters) => ({ ...setting, clusters })),
    named: ({ clusters }) => ({ name: "clusters", value: clusters }),
  });
  if (setting.clusters > 1)
    await take({
      settings: choices.metricPower.map((metricPower) => ({ ...setting, metricPower })),
      named: ({ metricPower }) => ({ name: "metricPower", value: metricPower }),
    });
  const fit = kept !== undefined && isSame(kept.setting, setting) ? kept : await fitAndScore(setting);
  return { fit, candidates };
}

const isSame = (a: KernelSetting, b: KernelSetting): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What {@link settingFits} works with. */
export interface SearchInput {
  readonly fitGroup: FitGroup;
  /** Validation rows. */
  readonly held: HeldRows;
  readonly weights: RidgeWeights;
  /** Each target's cluster for that many clusters. */
  readonly clustersOf: (clusters: number) => Promise<Int32Array>;
  readonly options: Omit<GroupOptions, "shape" | "winsorise">;
  /** Told after each group of a setting. */
  readonly onGroup: (done: number, total: number) => void;
}

/** A function that fits and scores settings. */
export function settingFits(input: SearchInput): (setting: KernelSetting) => Promise<SettingFit> {
  const { fitGroup, held, weights, clustersOf, options, onGroup } = input;
  const whole = oneGroup(weights);
  return async (setting) => {
    const { shape, winsorise, clusters, metricPower } = setting;
    const groups = clusters === 1 ? [whole] : geneGroups(await clustersOf(clusters), weights, metricPower);
    const fits: GroupFit[] = [];
    for (const group of groups) {
      fits.push(await fitGroup(group, { ...options, shape, winsorise }));
      onGroup(fits.length, groups.length);
    }
    return { setting, groups: fits, ...bestShiftShare(fits, held) };
  };
}
