import { Option } from "commander";
import type { GeneReport, ReportedNames } from "../../data/genes/gene-report.ts";
import type { ColumnSummary, Found, Inspection } from "../../data/inspect.ts";
import type { RegisterCommand } from "../context.ts";

interface Flags {
  readonly orientation?: "samples" | "genes";
  readonly hgnc?: string;
  readonly json?: boolean;
}

/** `landfall inspect FILE`: what an expression file holds, and what is wrong with it. */
export const inspectCommand: RegisterCommand = (program, { signal, onProgress, print }) => {
  program
    .command("inspect")
    .description("Show format, shape, ids, scale, missing values and problems of an expression file.")
    .argument("<file>", "GCTX, GCT, TSV or CSV file, gzipped or not")
    .addOption(new Option("--orientation <axis>", "what the rows of a text file are").choices(["samples", "genes"]))
    .option("--hgnc <file>", "newer gene names than the shipped ones: an hgnc_complete_set.txt")
    .option("--json", "print one JSON object")
    .action(async (file: string, { orientation, hgnc, json = false }: Flags) => {
      const { openExpression } = await import("../../data/node/open.ts");
      const { readGeneReference } = await import("../../data/node/gene-reference.ts");
      const { inspectSource } = await import("../../data/inspect.ts");
      const reference = await readGeneReference({ hgnc });
      await using source = await openExpression(file, { orientation, signal });
      const inspection = await inspectSource(source, { signal, onProgress, reference });
      print(json ? JSON.stringify(inspection, undefined, 2) : inspectionText(inspection));
    });
};

/** An inspection for people: a line a fact, values aligned. */
export function inspectionText({ file, format, samples, genes, values, scale, warnings }: Inspection): string {
  const cells = samples.count * genes.count;
  const share = cells === 0 ? "" : ` (${((100 * values.missing) / cells).toFixed(2)} %)`;
  const guess =
    scale === undefined
      ? "unknown: there are no values"
      : `${scale.scale}${scale.level === undefined ? "" : `, L1000 level ${scale.level}`} (confidence ${scale.confidence}): ${scale.evidence.join("; ")}`;
  const keys = genes.keys.map(({ field, kind }) => `${field} (${kind})`).join(", ");
  return [
    fact("file", `${file} (${format})`),
    fact("samples", `${samples.count}  ${samples.first.join(", ")}`),
    fact("genes", `${genes.count}  ${genes.first.join(", ")}`),
    fact("gene ids", `${genes.idType}${keys === "" ? "" : `; also ${keys}`}`),
    fact("scale", guess),
    ...(values.range === undefined ? [] : [fact("range", values.range.map(shorten).join(" to "))]),
    fact("missing", `${values.missing} of ${cells}${share}`),
    ...(values.infinite === 0 ? [] : [fact("infinite", String(values.infinite))]),
    ...problem("duplicate genes", genes.duplicates),
    ...(genes.human === undefined ? problem("mangled ids", genes.mangled) : humanLines(genes.human, genes.count)),
    ...problem("empty samples", values.emptySamples),
    ...problem("empty genes", values.emptyGenes),
    ...warnings.map((warning) => fact("warning", warning)),
    ...columnLines("gene columns", genes.columns),
    ...columnLines("sample columns", samples.columns),
  ].join("\n");
}

const labelWidth = 17;

function fact(label: string, text: string): string {
  return `${label.padEnd(labelWidth)}${text}`;
}

function problem(label: string, { count, first }: Found): string[] {
  if (count === 0) return [];
  return [fact(label, `${count}  ${first.slice(0, 5).join(", ")}${count > 5 ? ", …" : ""}`)];
}

/** Which genes are known, by what, and what is wrong with their names; of another species at most how few are known. */
function humanLines(report: GeneReport, genes: number): string[] {
  const { known, by, landmarks, allLandmarks, stale, ambiguous, mangled, unmatched } = report;
  const ways = Object.entries(by).flatMap(([way, count]) => (count > 0 ? [`${count} by ${way}`] : []));
  const how = ` (${ways.join(", ")})`;
  const isHuman = 2 * known >= genes;
  return [
    ...(known === 0
      ? []
      : [fact("human genes", `${known} of ${genes}${how}; ${landmarks} of ${allLandmarks} L1000 landmarks`)]),
    ...(isHuman ? named("stale symbols", stale, (now) => ` → ${now}`) : []),
    ...(isHuman ? named("ambiguous", ambiguous, (any) => ` (${any})`) : []),
    ...named("mangled ids", mangled, (any) => ` (${any})`),
    ...(isHuman ? named("unknown genes", unmatched, (closest) => ` (close to ${closest})`) : []),
  ];
}

function named(label: string, { count, first }: ReportedNames, tell: (symbols: string) => string): string[] {
  const names = first.map(({ name, symbols }) => (symbols.length === 0 ? name : name + tell(symbols.join(" or "))));
  return problem(label, { count, first: names });
}

function columnLines(title: string, columns: readonly ColumnSummary[]): string[] {
  if (columns.length === 0) return [];
  const width = Math.max(...columns.map(({ field }) => field.length)) + 2;
  return [
    "",
    title,
    ...columns.map(({ field, type, distinct, missing, examples }) => {
      const gaps = missing === 0 ? "" : `, ${missing} missing`;
      const shown = examples.map((example) => (example.length > 24 ? `${example.slice(0, 23)}…` : example)).join(", ");
      return `  ${field.padEnd(width)}${type.padEnd(8)}${shown}  (${distinct} distinct${gaps})`;
    }),
  ];
}

function shorten(value: number): string {
  return Number(value.toPrecision(6)).toString();
}
