import type { GeneMetrics } from "./accumulate.ts";

/** A gene that is predicted. */
export interface TargetGene {
  readonly id: string;
  readonly symbol: string;
}

/** One model's or baseline's scores per gene. */
export interface GeneColumns {
  readonly name: string;
  readonly role: "model" | "baseline";
  readonly metrics: GeneMetrics;
  /** Spearman's rho `[genes]`; absent where the rows were not kept. */
  readonly spearman?: Float64Array;
}

/** Everything known per target gene; all arrays are `[targets]`. */
export interface PerGeneTable {
  readonly targets: readonly TargetGene[];
  /** 1: the target is a landmark too. */
  readonly overlap: Uint8Array;
  /** Models first, then baselines. */
  readonly columns: readonly GeneColumns[];
}

/** 1 − MAE(model)/MAE(baseline) of each gene; NaN where the baseline has no error or the gene no truth. */
export function geneImprovement(model: GeneMetrics, baseline: GeneMetrics): Float64Array {
  return model.mae.map((mae, g) => (baseline.mae[g]! > 0 ? 1 - mae / baseline.mae[g]! : Number.NaN));
}

type Column = readonly [header: string, cell: (gene: number) => string];

/** Six significant digits; a figure that is not defined is empty. */
const figures = (values: Float64Array) => (gene: number) =>
  Number.isNaN(values[gene]!) ? "" : values[gene]!.toPrecision(6);

const metricColumns = ({ name, metrics, spearman }: GeneColumns): Column[] =>
  Object.entries({
    mae: metrics.mae,
    rmse: metrics.rmse,
    bias: metrics.bias,
    pearson: metrics.pearson,
    spearman,
    r2: metrics.r2,
    sd_ratio: metrics.sdRatio,
    coverage90: metrics.coverage,
  }).flatMap(([header, values]) => (values ? [[`${name}.${header}`, figures(values)] as const] : []));

const comparisonColumns = (model: GeneColumns, baseline: GeneColumns): Column[] => {
  const [mae, other] = [model.metrics.mae, baseline.metrics.mae];
  return [
    [`${model.name}.improvement_vs_${baseline.name}`, figures(geneImprovement(model.metrics, baseline.metrics))],
    [
      `${model.name}.win_vs_${baseline.name}`,
      (g) => (Number.isNaN(mae[g]!) ? "" : String(Number(mae[g]! < other[g]!))),
    ],
  ];
};

/** The text of `per_gene.tsv`: a header, then one line a target. A tab or line break in a name becomes a space. */
export function perGeneTsv({ targets, overlap, columns }: PerGeneTable): string {
  const models = columns.filter(({ role }) => role === "model");
  const baselines = columns.filter(({ role }) => role === "baseline");
  const first = columns[0]?.metrics;
  const table: Column[] = [
    ["gene", (g) => targets[g]?.id ?? ""],
    ["symbol", (g) => targets[g]?.symbol ?? ""],
    ["overlap", (g) => String(overlap[g])],
    ["n", (g) => String(first?.n[g] ?? 0)],
    ["truth_sd", first ? figures(first.sdTruth) : () => ""],
    ...columns.flatMap(metricColumns),
    ...models.flatMap((model) => baselines.flatMap((baseline) => comparisonColumns(model, baseline))),
  ];
  const line = (cells: readonly string[]) => `${cells.map((cell) => cell.replaceAll(/[\t\r\n]/g, " ")).join("\t")}\n`;
  return [
    line(table.map(([header]) => header)),
    ...targets.map((_, gene) => line(table.map(([, cell]) => cell(gene)))),
  ].join("");
}
