import { writeGctx } from "../../../data/node/gctx-writer.ts";
import type { PrepareOptions } from "../../../data/node/prepare.ts";
import type { MetaColumn } from "../../../data/source.ts";

/** A small expression file: what is in it, by sample and gene. */
export interface SmallCohort {
  readonly samples: number;
  readonly genes: number;
  /** Value of a sample's gene; log2-like unless given. */
  readonly value?: (sample: number, gene: number) => number;
  /** Prefix of the sample ids. */
  readonly prefix?: string;
  readonly fields?: Readonly<Record<string, MetaColumn>>;
}

/** A log2-like value that depends on sample and gene and never repeats along a gene. */
export function log2Like(sample: number, gene: number): number {
  return Math.fround(4 + ((sample * 7 + gene * 13) % 31) / 4 + sample / 1000);
}

/**
 * Writes a GCTX file whose first half of genes (rounded up) are landmarks, whose second half are targets, and whose
 * first gene is a target too; samples are in three studies in turn.
 */
export async function writeSmallCohort(path: string, cohort: SmallCohort): Promise<void> {
  const { samples, genes, value = log2Like, prefix = "s", fields = {} } = cohort;
  const half = Math.ceil(genes / 2);
  const each = <T>(count: number, of: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));
  const values = Float32Array.from(each(samples * genes, (cell) => value(Math.floor(cell / genes), cell % genes)));
  await writeGctx(path, {
    genes: {
      ids: each(genes, (gene) => `GENE${gene}`),
      fields: new Map<string, MetaColumn>([
        ["pr_gene_symbol", each(genes, (gene) => `SYM${gene}`)],
        ["lf_landmark", Float64Array.from(each(genes, (gene) => (gene < half ? 1 : 0)))],
        ["lf_target", Float64Array.from(each(genes, (gene) => (gene >= half || gene === 0 ? 1 : 0)))],
      ]),
    },
    samples: {
      ids: each(samples, (sample) => `${prefix}${sample}`),
      fields: new Map<string, MetaColumn>([
        ["study", each(samples, (sample) => `ST${sample % 3}`)],
        ...Object.entries(fields),
      ]),
    },
    attributes: {},
    blocks: [{ start: 0, rows: samples, values }],
  });
}

/** Options that prepare one file as it is. */
export function prepareOptions(path: string, out: string): PrepareOptions {
  return {
    inputs: [{ cohort: "main", path }],
    landmarks: { kind: "meta", field: "lf_landmark" },
    targets: { kind: "meta", field: "lf_target" },
    split: { kind: "random", fractions: [0.6, 0.2, 0.2], seed: 1 },
    standardise: "train",
    missing: "refuse",
    duplicates: "error",
    name: "small",
    force: false,
    out,
  };
}
