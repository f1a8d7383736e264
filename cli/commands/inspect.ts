import { Option } from "commander";
import type { ColumnSummary, Found, Inspection } from "../../data/inspect.ts";
import type { RegisterCommand } from "../context.ts";

interface Flags {
  readonly orientation?: "samples" | "genes";
  readonly json?: boolean;
}

/** `landfall inspect FILE`: what an expression file holds, and what is wrong with it. */
export const inspectCommand: RegisterCommand = (program, { signal, onProgress, print }) => {
  program
    .command("inspect")
    .description("Show format, shape, ids, scale, missing values and problems of an expression file.")
    .argument("<file>", "GCTX, GCT, TSV or CSV file, gzipped or not")
    .addOption(new Option("--orientation <axis>", "what the rows of a text file are").choices(["samples", "genes"]))
    .option("--json", "print one JSON object")
    .action(async (file: string, { orientation, json = false }: Flags) => {
      const { openExpression } = await import("../../data/node/open.ts");
      const { inspectSource } = await import("../../data/inspect.ts");
      await using source = await openExpression(file, { orientation, signal });
      const inspection = await inspectSource(source, { signal, onProgress });
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
    ...problem("mangled ids", genes.mangled),
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
