import type { GeneRecord } from "../schemas/index.ts";
import type { GeneMetrics } from "./gene-metrics.ts";
import { bingRecall } from "./recall.ts";

/** A gene that is predicted. */
export interface TargetGene {
  readonly id: string;
  readonly symbol: string;
}

/** One model's or baseline's scores per gene; arrays are `[genes]`, NaN: not defined. */
export interface GeneColumns {
  readonly name: string;
  readonly role: "model" | "baseline";
  readonly metrics: GeneMetrics;
  /** RMSE / mean of the truth in native units; absent where the scale has no meaningful mean. */
  readonly nrmse?: Float64Array;
  /** Spearman's rho and CMap's R_gene; absent where no row fits the memory for ranks. */
  readonly spearman?: Float64Array;
  readonly recall?: Float64Array;
  /** Half-widths of the 90 % intervals, z units. */
  readonly halfwidths?: Float64Array;
  readonly reliability?: readonly GeneRecord["reliability"][];
}

/** Everything known per target gene; all arrays are `[targets]`. */
export interface PerGeneTable {
  readonly targets: readonly TargetGene[];
  /** 1: the target is a landmark too. */
  readonly overlap: Uint8Array;
  /** Models first, then baselines. */
  readonly columns: readonly GeneColumns[];
  /** The column that the others are held against. */
  readonly base: string;
}

/** 1 − MAE(model)/MAE(baseline) of each gene; NaN where the baseline has no error or the gene no truth. */
export function geneImprovement(model: GeneMetrics, baseline: GeneMetrics): Float64Array {
  return model.mae.map((mae, g) => (baseline.mae[g]! > 0 ? 1 - mae / baseline.mae[g]! : Number.NaN));
}

type Column = readonly [header: string, cell: (gene: number) => string];

/** Six significant digits; a figure that is not defined is empty. */
const figures = (values: Float64Array) => (gene: number) =>
  Number.isNaN(values[gene]!) ? "" : values[gene]!.toPrecision(6);

function metricColumns({ name, metrics, nrmse, spearman, recall, halfwidths, reliability }: GeneColumns): Column[] {
  const numbers: Readonly<Record<string, Float64Array | undefined>> = {
    mae: metrics.mae,
    rmse: metrics.rmse,
    nrmse,
    bias: metrics.bias,
    pearson: metrics.pearson,
    spearman,
    r2: metrics.r2,
    ccc: metrics.ccc,
    cosine: metrics.cosine,
    sd_ratio: metrics.sdRatio,
    recall,
    halfwidth90: halfwidths,
    coverage90: metrics.coverage,
  };
  const columns = Object.entries(numbers).flatMap(([header, values]): Column[] =>
    values ? [[`${name}.${header}`, figures(values)]] : [],
  );
  if (recall)
    columns.push([`${name}.bing_like`, (g) => (Number.isNaN(recall[g]!) ? "" : flag(recall[g]! >= bingRecall))]);
  if (reliability) columns.push([`${name}.reliability`, (g) => reliability[g] ?? ""]);
  return columns;
}

const flag = (holds: boolean) => (holds ? "1" : "0");

const comparisonColumns = (model: GeneColumns, baseline: GeneColumns): Column[] => {
  const [mae, other] = [model.metrics.mae, baseline.metrics.mae];
  return [
    [`${model.name}.improvement_vs_${baseline.name}`, figures(geneImprovement(model.metrics, baseline.metrics))],
    [`${model.name}.win_vs_${baseline.name}`, (g) => (Number.isNaN(mae[g]!) ? "" : flag(mae[g]! < other[g]!))],
  ];
};

/** The text of `per_gene.tsv`: a header, then one line a target. A tab or line break in a name becomes a space. */
export function perGeneTsv({ targets, overlap, columns, base }: PerGeneTable): string {
  const models = columns.filter(({ role }) => role === "model");
  // Every baseline is a yardstick, and the base where it is a model.
  const yardsticks = columns.filter(({ role, name }) => role === "baseline" || name === base);
  const first = columns[0]?.metrics;
  const table: Column[] = [
    ["gene", (g) => targets[g]?.id ?? ""],
    ["symbol", (g) => targets[g]?.symbol ?? ""],
    ["overlap", (g) => String(overlap[g])],
    ["n", (g) => String(first?.n[g] ?? 0)],
    ["truth_sd", first ? figures(first.sdTruth) : () => ""],
    ...columns.flatMap(metricColumns),
    ...models.flatMap((model) =>
      yardsticks.filter((one) => one !== model).flatMap((one) => comparisonColumns(model, one)),
    ),
  ];
  const line = (cells: readonly string[]) => `${cells.map((cell) => cell.replaceAll(/[\t\r\n]/g, " ")).join("\t")}\n`;
  return [
    line(table.map(([header]) => header)),
    ...targets.map((_, gene) => line(table.map(([, cell]) => cell(gene)))),
  ].join("");
}
