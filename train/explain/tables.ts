/**
 * The files of an explanation: tab-separated, header first, numbers short but told apart.
 * @module
 */
import { tabbed, tableCell } from "../../data/write/table-cell.ts";
import type { ActivationFit } from "./adjusted-r2.ts";
import type { ExplainedPart, Explanation } from "./explanation.ts";
import { purity, type UnitDegree } from "./hubs.ts";
import type { MajorWeights } from "./major-weights.ts";

/** A gene of the net, by its id and its symbol ("" where not known). */
export interface NamedGene {
  readonly id: string;
  readonly symbol: string;
}

/** The net's genes, in the order of its inputs and outputs. */
export interface NetGenes {
  readonly landmarks: readonly NamedGene[];
  readonly targets: readonly NamedGene[];
}

/** Lines a piece: a large net has millions of edges, and one string would not hold them. */
const pieceLines = 20_000;

const tsvLine = (cells: readonly (string | number)[]): string =>
  `${cells.map((cell) => tableCell(String(cell), tabbed)).join("\t")}\n`;

/** Six significant digits, as short as they can be; nothing for what is not a number. */
const figure = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? "" : String(Number(value.toPrecision(6)));

function* edgeCells(
  { genes, units, weights, deviations }: MajorWeights,
  { side, named, layer }: { side: "input" | "output"; named: readonly NamedGene[]; layer: (unit: number) => string },
): Generator<(string | number)[]> {
  for (const [edge, gene] of genes.entries()) {
    const unit = units[edge] ?? -1;
    const { id = "", symbol = "" } = named[gene] ?? {};
    yield [side, id, symbol, layer(unit), unit, figure(weights[edge]), figure(deviations[edge])];
  }
}

function* partEdges(
  { layers, direct }: ExplainedPart,
  { landmarks, targets }: NetGenes,
): Generator<(string | number)[]> {
  for (const { name, inputs, outputs } of layers) {
    if (inputs) yield* edgeCells(inputs, { side: "input", named: landmarks, layer: () => name });
    if (outputs) yield* edgeCells(outputs, { side: "output", named: targets, layer: () => name });
  }
  if (direct) yield* edgeCells(direct, { side: "output", named: targets, layer: (unit) => landmarks[unit]?.id ?? "" });
}

/**
 * `edges.tsv`, in pieces: `side` (input: landmark → unit; output: unit → target), gene, hidden layer and unit, weight, and
 * its distance from the mean of the gene's weights in their sd. Without a hidden layer, `layer` is the landmark's id. Parts
 * follow one another; the layer tells them apart.
 */
export function* edgeTable({ parts }: Explanation, genes: NetGenes): Generator<string> {
  let lines = [tsvLine(["side", "gene", "symbol", "layer", "unit", "weight", "deviation"])];
  for (const part of parts)
    for (const cells of partEdges(part, genes)) {
      lines.push(tsvLine(cells));
      if (lines.length < pieceLines) continue;
      yield lines.join("");
      lines = [];
    }
  yield lines.join("");
}

/** Columns of `hubs.tsv` on one side of a unit. */
const degreeColumns = (side: "out" | "in"): string[] =>
  ["edges", "positive", "negative", "purity", "share"].map((name) => `${side}_${name}`);

const degreeCells = (degree: UnitDegree, all: number | undefined): (string | number)[] => [
  degree.edges,
  degree.positive,
  degree.negative,
  purity(degree),
  figure(degree.edges / Math.max(1, all ?? 0)),
];

/** `hubs.tsv`: hidden units with major weights, by rank; purity is `+`, `−` or `mixed`, shares are of the side's edges. */
export function hubTable({ parts }: Explanation): string {
  const header = ["layer", "rank", "unit", ...degreeColumns("out"), ...degreeColumns("in")];
  const layers = parts.flatMap((part) => part.layers);
  const lines = layers.flatMap(({ name, hubs, spread }) =>
    hubs.flatMap(({ unit, inputs, outputs }, rank) => {
      if (inputs.edges + outputs.edges === 0) return [];
      const [out, into] = [degreeCells(outputs, spread.outputs?.edges), degreeCells(inputs, spread.inputs?.edges)];
      return [tsvLine([name, rank + 1, unit, ...out, ...into])];
    }),
  );
  return tsvLine(header) + lines.join("");
}

/** A fit with the targets that it is of. */
export interface NamedFit extends ActivationFit {
  readonly targetGenes: readonly NamedGene[];
}

/**
 * `adjR2.tsv`: per target R² and adjusted R² of its part's last hidden activations and of raw landmarks; empty where
 * undefined.
 */
export function fitTable({ activations, inputs, targetGenes }: NamedFit): string {
  const header = ["gene", "symbol", "adj_r2_activations", "adj_r2_inputs", "r2_activations", "r2_inputs"];
  const lines = targetGenes.map(({ id, symbol }, t) => {
    const values = [activations.adjusted[t], inputs.adjusted[t], activations.r2[t], inputs.r2[t]];
    return tsvLine([id, symbol, ...values.map(figure)]);
  });
  return tsvLine(header) + lines.join("");
}
