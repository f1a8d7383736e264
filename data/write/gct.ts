import type { Axis, Block, MetaColumn } from "../source.ts";
import { checkCellIds, tabbed, tableCell } from "./table-cell.ts";
import { TextBuffer } from "./text-buffer.ts";

/** A matrix to write: its axes, and its rows from the first on, as often as asked for. */
export interface WritableMatrix {
  readonly genes: Axis;
  readonly samples: Axis;
  readonly readBlocks: () => AsyncIterable<Block>;
}

const tab = 9;
const missing = "-666";

/** Genes `[start, end)` that are held in memory at once; each panel reads all rows again. */
export interface GenePanel {
  readonly start: number;
  readonly end: number;
}

/** Divides genes into panels of at most `panelBytes` of float32 values (one gene at least). */
export function genePanels(
  shape: { readonly samples: number; readonly genes: number },
  panelBytes: number,
): GenePanel[] {
  const width = Math.max(1, Math.floor(panelBytes / (4 * shape.samples)));
  const panels: GenePanel[] = [];
  for (let start = 0; start < shape.genes; start += width) {
    panels.push({ start, end: Math.min(shape.genes, start + width) });
  }
  return panels;
}

/**
 * A GCT 1.3 file in pieces, genes in rows, all metadata kept; missing values are `NaN`, missing metadata `-666` (as
 * cmapPy writes them), numbers the shortest that read back as the same float32 (cmapPy's `%.4f` loses digits).
 * @throws AppError `bad-data` for ids that hold tabs or line breaks
 */
export async function* gctText(matrix: WritableMatrix, panels: readonly GenePanel[]): AsyncGenerator<Uint8Array> {
  const { genes, samples } = matrix;
  checkCellIds(genes.ids, tabbed, "gene ids");
  checkCellIds(samples.ids, tabbed, "sample ids");
  const buffer = new TextBuffer();
  buffer.text(headerLines(genes, samples));
  for (const panel of panels) {
    const values = await readPanel(matrix, panel);
    for (let gene = panel.start; gene < panel.end; gene++) {
      const first = (gene - panel.start) * samples.ids.length;
      buffer.text([genes.ids[gene] ?? "", ...fieldCells(genes, gene)].join("\t"));
      buffer.numbers(values.subarray(first, first + samples.ids.length), tab);
      buffer.text("\n");
      if (buffer.isFull) yield buffer.take();
    }
  }
  yield buffer.take();
}

function headerLines(genes: Axis, samples: Axis): string {
  const geneFields = [...genes.fields.keys()].map((name) => tableCell(name, tabbed));
  const lines = [
    "#1.3",
    [genes.ids.length, samples.ids.length, genes.fields.size, samples.fields.size].join("\t"),
    ["id", ...geneFields, ...samples.ids].join("\t"),
  ];
  for (const [name, column] of samples.fields) {
    const cells = Array.from(samples.ids, (_, sample) => metaCell(column, sample));
    lines.push([tableCell(name, tabbed), ...geneFields.map(() => missing), ...cells].join("\t"));
  }
  return `${lines.join("\n")}\n`;
}

const fieldCells = (axis: Axis, index: number): string[] =>
  [...axis.fields.values()].map((column) => metaCell(column, index));

function metaCell(column: MetaColumn, index: number): string {
  const cell = column[index] ?? "";
  if (typeof cell === "number") return Number.isNaN(cell) ? missing : String(cell);
  return cell === "" ? missing : tableCell(cell, tabbed);
}

/** The values of a panel, `[genes of the panel, samples]`. */
async function readPanel({ samples, genes, readBlocks }: WritableMatrix, panel: GenePanel): Promise<Float32Array> {
  const [sampleCount, geneCount, width] = [samples.ids.length, genes.ids.length, panel.end - panel.start];
  const transposed = new Float32Array(width * sampleCount);
  for await (const { start, rows, values } of readBlocks()) {
    for (let gene = 0; gene < width; gene++) {
      const into = gene * sampleCount + start;
      const from = panel.start + gene;
      for (let row = 0; row < rows; row++) transposed[into + row] = values[row * geneCount + from] ?? Number.NaN;
    }
  }
  return transposed;
}
