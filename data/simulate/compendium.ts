import { AppError } from "../../schemas/index.ts";
import type { Axis } from "../source.ts";

/** Size and seed of a simulated compendium: they decide every byte of it. */
export interface Compendium {
  readonly samples: number;
  readonly landmarks: number;
  readonly targets: number;
  /** Studies that the samples come from, in runs of nearly equal length. */
  readonly studies: number;
  readonly seed: number;
}

/** @throws AppError `usage` naming every number that makes no compendium */
export function checkCompendium(compendium: Compendium): void {
  const { samples, studies, seed } = compendium;
  const counts = ["samples", "landmarks", "targets", "studies"] as const;
  const faults: string[] = counts
    .filter((name) => !Number.isSafeInteger(compendium[name]) || compendium[name] < 1)
    .map((name) => `${name} is ${compendium[name]}`);
  if (!Number.isSafeInteger(seed)) faults.push(`seed is ${seed}`);
  if (studies > samples) faults.push(`${studies} studies of ${samples} samples`);
  if (faults.length === 0) return;
  const expected = "integers ≥ 1 (the seed: any integer) and at least one sample a study";
  throw new AppError("usage", { what: "no such compendium can be simulated", expected, examples: faults });
}

/** The study of a sample. */
export const studyOf = ({ samples, studies }: Compendium, sample: number): number =>
  Math.floor((sample * studies) / samples);

/** Landmarks `LM0001`…, then targets `TG00001`…, with the flags that `prepare` looks for. */
export function simulatedGenes({ landmarks, targets }: Compendium): Axis {
  const ids = [...numbered("LM", landmarks, 4), ...numbered("TG", targets, 5)];
  return {
    ids,
    fields: new Map<string, readonly string[] | Float64Array>([
      ["pr_gene_symbol", ids],
      ["lf_landmark", Float64Array.from(ids, (_, gene) => (gene < landmarks ? 1 : 0))],
      ["lf_target", Float64Array.from(ids, (_, gene) => (gene < landmarks ? 0 : 1))],
    ]),
  };
}

/** Samples `SIM0000001`… with their `study`, `ST01`…. */
export function simulatedSamples(compendium: Compendium): Axis {
  const studies = numbered("ST", compendium.studies, 2);
  const ids = numbered("SIM", compendium.samples, 7);
  return { ids, fields: new Map([["study", ids.map((_, sample) => studies[studyOf(compendium, sample)] ?? "")]]) };
}

const numbered = (prefix: string, count: number, digits: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(digits, "0")}`);
