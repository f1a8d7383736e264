import { Html, html } from "../../evaluate/html.ts";
import type { ExplainedPart } from "./explanation.ts";
import type { MajorWeights } from "./major-weights.ts";
import { byMeanHeight, degrees, labelled, type Places, stacked, strongest } from "./map-layout.ts";
import type { NamedGene, NetGenes } from "./tables.ts";

const size = { width: 1000, height: 1150 } as const;
const extent = { top: 46, bottom: size.height - 12 } as const;
const sides = { left: 150, right: size.width - 150 } as const;
/** Pixels between labels. */
const labelApart = 12;

/** Colours of the map in both modes; weights are red where positive, blue where negative, as in the paper. */
export const mapStyle = new Html(`
:root{--plus:#c1272d;--minus:#1f5fb4}
.map{overflow-x:auto}.map svg{min-width:860px;font:11px system-ui,"DejaVu Sans",sans-serif}
.map path{fill:none;stroke-opacity:.38}.map .p{stroke:var(--plus)}.map .n{stroke:var(--minus)}
.map text{fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.map text.head{font-weight:600;font-size:13px}
.map circle{fill:var(--faint);stroke:var(--paper);stroke-width:.5px}
.map g.unit:hover path{stroke-opacity:1;stroke-width:1.6px}.map g.unit:hover circle{fill:var(--ink)}.map path:hover{stroke-opacity:1;stroke-width:3px}
@media screen and (prefers-color-scheme:dark){:root{--plus:#ff8078;--minus:#6db3ff}}
`);

/** A column of the map. */
interface Column {
  readonly x: number;
  readonly heading: string;
  readonly name: (index: number) => string;
  readonly places: Places;
}

/** Edges between a column of genes and one of units. */
interface Side {
  readonly edges: MajorWeights;
  readonly genes: Column;
  readonly units: Column;
}

/** What a map shows, and how much of it. */
export interface WeightMap {
  readonly svg: Html;
  readonly drawn: number;
  /** Edges found, drawn or not. */
  readonly edges: number;
}

const geneName = (genes: readonly NamedGene[]) => (index: number) => {
  const { id = "", symbol = "" } = genes[index] ?? {};
  return symbol === "" ? id : symbol;
};

/** A column of genes beside its units. */
function geneColumn(column: Omit<Column, "places">, edges: MajorWeights, units: Column): Column {
  return { ...column, places: stacked(byMeanHeight(edges, units.places), degrees([edges.genes]), extent) };
}

/** The one side of a net without hidden layer: its landmarks take the units' place. */
function directSide(edges: MajorWeights, genes: NetGenes): Side {
  const counts = degrees([edges.units]);
  const order = [...counts.keys()].toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || a - b);
  const name = geneName(genes.landmarks);
  const units = { x: sides.left, heading: "landmarks", name, places: stacked(order, counts, extent) };
  const targets = { x: sides.right, heading: "targets", name: geneName(genes.targets) };
  return { edges, units, genes: geneColumn(targets, edges, units) };
}

type MappedPart = Pick<ExplainedPart, "layers" | "direct">;

/** The columns and edges of the map. */
function sidesOf({ layers, direct }: MappedPart, genes: NetGenes, mostEdges: number): Side[] {
  if (direct !== undefined) return [directSide(strongest(direct, mostEdges), genes)];
  const landmarks = { x: sides.left, heading: "landmarks", name: geneName(genes.landmarks) };
  const targets = { x: sides.right, heading: "targets", name: geneName(genes.targets) };
  return layers.flatMap(({ name: heading, hubs, inputs, outputs }, at) => {
    const into = inputs && strongest(inputs, mostEdges);
    const out = outputs && strongest(outputs, mostEdges);
    const counts = degrees([into?.units, out?.units].filter((list) => list !== undefined));
    const x = sides.left + ((sides.right - sides.left) * (at + 1)) / (layers.length + 1);
    const order = hubs.map(({ unit }) => unit);
    const units: Column = { x, heading, name: (unit) => `unit ${unit}`, places: stacked(order, counts, extent) };
    return [
      ...(into ? [{ edges: into, genes: geneColumn(landmarks, into, units), units }] : []),
      ...(out ? [{ edges: out, genes: geneColumn(targets, out, units), units }] : []),
    ];
  });
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toPrecision(3)}`;

/** The edges of every unit as markup, by unit. */
function edgesByUnit({ edges, genes, units }: Side): Map<number, Html[]> {
  const largest = edges.deviations.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const middle = ((genes.x + units.x) / 2).toFixed(0);
  const paths = new Map<number, Html[]>();
  for (const [edge, gene] of edges.genes.entries()) {
    const unit = edges.units[edge] ?? -1;
    const [from, to] = [genes.places.get(gene)?.y ?? 0, units.places.get(unit)?.y ?? 0].map((y) => y.toFixed(1));
    const [weight, deviation] = [edges.weights[edge] ?? 0, edges.deviations[edge] ?? 0];
    const line = `M${genes.x},${from}C${middle},${from} ${middle},${to} ${units.x.toFixed(0)},${to}`;
    const width = (0.4 + (1.8 * Math.abs(deviation)) / largest).toFixed(1);
    const title = `${genes.name(gene)}, ${units.name(unit)}: ${signed(weight)} (${signed(deviation)} sd)`;
    const path = html`<path class="${weight < 0 ? "n" : "p"}" stroke-width="${width}" d="${line}"><title>${title}</title></path>`;
    const own = paths.get(unit) ?? [];
    own.push(path);
    paths.set(unit, own);
  }
  return paths;
}

function geneMarks({ x, name, places }: Column, anchor: "start" | "end"): Html {
  const named = labelled(places, labelApart);
  const offset = anchor === "end" ? -8 : 8;
  return html`${[...places].map(([gene, { y, radius, edges }]) => {
    const text = named.has(gene)
      ? html`<text x="${x + offset}" y="${(y + 4).toFixed(1)}" text-anchor="${anchor}">${name(gene).slice(0, 18)}</text>`
      : undefined;
    const circle = html`<circle cx="${x}" cy="${y.toFixed(1)}" r="${Math.min(4, Math.max(0.7, radius)).toFixed(1)}"><title>${name(gene)}: ${edges} edges</title></circle>`;
    return html`${circle}${text}`;
  })}`;
}

/** Units with their edges, the smallest first, so that the hubs' lie on top. */
function unitGroups(column: Column, own: readonly Side[]): Html {
  const paths = own.map(edgesByUnit);
  const named = labelled(column.places, labelApart);
  const groups = [...column.places].toReversed().map(([unit, { y, radius, edges }]) => {
    const lines = paths.flatMap((byUnit) => byUnit.get(unit) ?? []);
    const circle = html`<circle cx="${column.x.toFixed(0)}" cy="${y.toFixed(1)}" r="${Math.max(0.8, radius).toFixed(1)}"><title>${column.name(unit)}: ${edges} edges drawn</title></circle>`;
    return { unit, y, radius, markup: html`<g class="unit">${lines}${circle}</g>` };
  });
  // Labels last: no edge goes over them. Landmarks in the units' place have theirs outside.
  const outside = column.x === sides.left;
  const labels = groups
    .filter(({ unit }) => named.has(unit))
    .map(({ unit, y, radius }) => {
      const x = column.x + (outside ? -1 : 1) * (radius + 4);
      const anchor = outside ? "end" : "start";
      return html`<text x="${x.toFixed(1)}" y="${(y + 4).toFixed(1)}" text-anchor="${anchor}">${column.name(unit)}</text>`;
    });
  return html`${groups.map(({ markup }) => markup)}${labels}`;
}

/**
 * The map of the major weights of a net, or of a part of one, as SVG: landmarks left, hidden units by rank in the
 * middle, targets right. At most `mostEdges` a side are drawn, those that deviate most. Titles name genes, units and
 * weights; no script.
 */
export function weightMap(part: MappedPart, genes: NetGenes, mostEdges = 2500): WeightMap {
  const drawn = sidesOf(part, genes, mostEdges);
  const unitColumns = [...new Set(drawn.map(({ units }) => units))];
  const columns = [...drawn.map((side) => side.genes), ...unitColumns];
  const headings = columns.map(
    ({ x, heading, places }) =>
      html`<text class="head" x="${x.toFixed(0)}" y="20" text-anchor="middle">${heading} (${places.size})</text>`,
  );
  const groups = unitColumns.map((column) =>
    unitGroups(
      column,
      drawn.filter(({ units }) => units === column),
    ),
  );
  const marks = drawn.map(({ genes: column }) => geneMarks(column, column.x < size.width / 2 ? "end" : "start"));
  const found = [...part.layers.flatMap(({ inputs, outputs }) => [inputs, outputs]), part.direct];
  return {
    svg: html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="map of major weights">${headings}${groups}${marks}</svg>`,
    drawn: drawn.reduce((sum, { edges }) => sum + edges.genes.length, 0),
    edges: found.reduce((sum, edges) => sum + (edges?.genes.length ?? 0), 0),
  };
}
