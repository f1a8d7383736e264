/**
 * GCT text, versions 1.2 and 1.3 (GenePattern; cmapPy `parse_gct.py`), genes in rows.
 *
 * ```
 * #1.3                                           #1.2
 * <genes> <samples> <gene fields> <sample fields>    <genes> <samples>
 * id <gene field>… <sample id>…                  NAME Description <sample id>…
 * <sample field> <filler>… <text>…               <gene id> <description> <value>…
 * <gene id> <text>… <value>…
 * ```
 * Metadata stay text (a plate `007` keeps its zeros). The matrix is held in memory: sample-major blocks need all of it.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { ExpressionSource } from "../source.ts";
import { axisOf, checkAxes, type NamedColumn } from "./axes.ts";
import { throwIfCancelled } from "./between-blocks.ts";
import { gctCells, splitCells } from "./cells.ts";
import { checkResidentCells, GenePanels } from "./gene-panels.ts";
import { type Line, lines } from "./lines.ts";
import { metaText } from "./missing.ts";
import { type TextFile, textBytes } from "./text-bytes.ts";
import { ValueRows } from "./value-rows.ts";

/** What lines 1 to 3 declare. */
interface GctHeader {
  readonly genes: number;
  readonly samples: number;
  readonly sampleFields: number;
  /** Names of the gene fields. */
  readonly geneFields: readonly string[];
  readonly sampleIds: readonly string[];
}

/**
 * Reads a GCT file into memory.
 * @throws AppError `bad-data` when the declared sizes are not the found ones, or a cell is not a number
 */
export async function readGct(file: TextFile): Promise<ExpressionSource> {
  const { label } = file.source;
  const warnings = [...file.warnings];
  const text = lines(textBytes(file), { label });
  const { header, body } = await readLines(text, { label, signal: file.signal });
  const genes = axisOf(body.geneIds, zipped(header.geneFields, body.geneFields), warnings);
  const samples = axisOf(header.sampleIds, body.sampleFields, warnings);
  checkAxes(label, { genes, samples });
  return {
    format: "gct",
    label,
    genes,
    samples,
    warnings,
    blocks: (range) => body.matrix.blocks(range),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** What it takes to read the lines and to say where something is wrong. */
interface Reading {
  readonly label: string;
  readonly signal: AbortSignal | undefined;
}

async function readLines(text: AsyncGenerator<Line, void, undefined>, reading: Reading) {
  try {
    const header = await readHeader(reading.label, text);
    return { header, body: await readBody(text, { header, ...reading }) };
  } finally {
    await text.return();
  }
}

async function readHeader(label: string, text: AsyncGenerator<Line, void, undefined>): Promise<GctHeader> {
  const version = (await nextCells(text, label))[0];
  const sizes = (await nextCells(text, label)).filter((cell) => cell !== "");
  const wanted = version === "#1.3" ? 4 : 2;
  if (sizes.length !== wanted || !sizes.every((size) => /^\d+$/.test(size))) {
    throw new AppError("bad-data", {
      what: "the sizes are not whole numbers",
      where: `${label}, line 2`,
      expected: `${wanted} numbers after ${version}`,
      got: `"${sizes.join(" ")}"`,
    });
  }
  const [genes = 0, samples = 0, geneFieldCount = 1, sampleFields = 0] = sizes.map(Number);
  checkResidentCells(label, { genes, samples });
  const names = await nextCells(text, label);
  if (names.length !== 1 + geneFieldCount + samples) {
    throw new AppError("bad-data", {
      what: "the header does not fit the declared sizes",
      where: `${label}, line 3`,
      expected: `${1 + geneFieldCount + samples} cells: id, ${geneFieldCount} gene fields, ${samples} samples`,
      got: `${names.length} cells`,
    });
  }
  return {
    genes,
    samples,
    sampleFields,
    geneFields: names.slice(1, 1 + geneFieldCount),
    sampleIds: names.slice(1 + geneFieldCount),
  };
}

async function nextCells(text: AsyncGenerator<Line, void, undefined>, label: string): Promise<string[]> {
  const { value } = await text.next();
  if (value) return splitCells(value.bytes, gctCells);
  throw new AppError("bad-data", {
    what: "the file ends in the header",
    where: label,
    advice: "Copy or download the file again",
  });
}

interface GctBody {
  readonly geneIds: readonly string[];
  readonly geneFields: readonly (readonly string[])[];
  readonly sampleFields: readonly NamedColumn[];
  readonly matrix: GenePanels;
}

async function readBody(
  text: AsyncGenerator<Line, void, undefined>,
  { header, label, signal }: Reading & { readonly header: GctHeader },
): Promise<GctBody> {
  const { geneFields: fieldNames, sampleIds } = header;
  const leading = 1 + fieldNames.length;
  const rows = new ValueRows({ label, dialect: gctCells, leading, columns: sampleIds });
  const matrix = new GenePanels(label, header.samples);
  const geneIds: string[] = [];
  const geneFields = fieldNames.map((): string[] => []);
  const sampleFields: NamedColumn[] = [];
  let excess = 0;
  for await (const line of text) {
    throwIfCancelled(signal, label);
    if (sampleFields.length < header.sampleFields) {
      const cells = splitCells(line.bytes, gctCells);
      if (cells.length !== leading + header.samples) rows.ragged(line, cells.length);
      sampleFields.push([cells[0] ?? "", cells.slice(leading).map(metaText)]);
    } else if (geneIds.length < header.genes) {
      const [id = "", ...meta] = splitCells(line.bytes, gctCells, leading);
      geneIds.push(id);
      geneFields.forEach((field, index) => field.push(metaText(meta[index] ?? "")));
      rows.read(line, matrix.nextGene());
    } else {
      excess++;
    }
  }
  rows.check();
  checkFound(label, header, { sampleFields: sampleFields.length, genes: geneIds.length + excess });
  return { geneIds, geneFields, sampleFields, matrix };
}

function checkFound(label: string, header: GctHeader, found: { sampleFields: number; genes: number }): void {
  if (found.sampleFields === header.sampleFields && found.genes === header.genes) return;
  throw new AppError("bad-data", {
    what: "the file does not hold what line 2 declares",
    where: label,
    expected: `${header.sampleFields} sample fields and ${header.genes} genes`,
    got: `${found.sampleFields} and ${found.genes}`,
    advice: "Copy or download the file again if it was cut short",
  });
}

function zipped(names: readonly string[], columns: readonly (readonly string[])[]): NamedColumn[] {
  return names.map((name, index) => [name, columns[index] ?? []]);
}
