import { AppError } from "../../schemas/index.ts";
import type { OpenReference } from "../genes/gene-reference.ts";
import { identifyGenes } from "../genes/identified.ts";
import { withoutVersion } from "../genes/identify.ts";
import type { GeneKeys } from "../genes/keys.ts";
import type { Axis, MetaColumn } from "../source.ts";

/** Which genes are landmarks (or targets), as the command line says it. */
export type SelectionText =
  | { readonly kind: "l1000" }
  | { readonly kind: "rest" }
  | { readonly kind: "meta"; readonly field: string; readonly value?: string }
  | { readonly kind: "map"; readonly path: string }
  | { readonly kind: "file"; readonly path: string };

/** Which genes are landmarks (or targets), with the list of a file read in. */
export type GeneSelection =
  | Exclude<SelectionText, { readonly kind: "file" | "map" | "l1000" }>
  /** By a column that says it, else by the reference of human genes. */
  | { readonly kind: "l1000"; readonly reference?: OpenReference }
  | { readonly kind: "list"; readonly label: string; readonly entries: readonly string[] };

/** The genes selected. */
export interface SelectedGenes {
  /** 1 = selected, `[genes]`. */
  readonly flags: Uint8Array;
  /** L1000 landmarks that were sought by name; absent for other selections. */
  readonly sought?: number;
  /** Entries of a list, or L1000 landmarks of the reference, that no gene answers to. */
  readonly notFound: readonly string[];
  /** Those that several genes answer to; all of them are selected. */
  readonly several: readonly string[];
}

/** Columns by which files of the L1000 ecosystem mark landmarks, in the order tried. */
const l1000Columns = [
  ["pr_is_lmark", "Y"],
  ["pr_is_lm", undefined],
  ["is_lm", undefined],
  ["l1000_space", "landmark"],
  ["feature_space", "landmark"],
] as const;

/**
 * Reads `l1000`, `rest`, `meta:FIELD`, `meta:FIELD=VALUE`, `map:FILE` or the path of a gene list.
 * @throws AppError `usage` when the text is empty or names no field or file.
 */
export function parseSelection(text: string): SelectionText {
  if (text === "l1000" || text === "rest") return { kind: text };
  if (text.startsWith("meta:")) {
    const [, field = "", value] = /^meta:([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (field !== "") return { kind: "meta", field, ...(value === undefined ? {} : { value }) };
  } else if (text.startsWith("map:")) {
    if (text.length > 4) return { kind: "map", path: text.slice(4) };
  } else if (text !== "") return { kind: "file", path: text };
  throw new AppError("usage", {
    what: "not a selection of genes",
    expected: "l1000, rest, meta:FIELD[=VALUE], map:FILE, or the path of a gene list (.grp, one gene a line)",
    got: `"${text}"`,
  });
}

/** Entries of a gene list: one a line, the first tab-separated column; blank lines and lines from `#` on are skipped. */
export function parseGrp(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const entries = lines.map((line) => (line.split("\t")[0] ?? "").trim());
  return [...new Set(entries.filter((entry) => entry !== "" && !entry.startsWith("#")))];
}

/**
 * Finds the genes that a selection means; `rest` selects nothing here, since it depends on the other selection.
 * @param genes distinct ids
 * @throws AppError `usage` when a field does not exist, or nothing marks the L1000 landmarks.
 */
export function selectGenes(selection: GeneSelection, genes: Axis, keys: GeneKeys): SelectedGenes {
  if (selection.kind === "meta") return byField(genes, selection.field, selection.value);
  if (selection.kind === "l1000") return byL1000(genes, selection.reference);
  if (selection.kind === "list") return byList(selection.entries, { ...keys, id: genes.ids });
  return { flags: new Uint8Array(genes.ids.length), notFound: [], several: [] };
}

function byField(genes: Axis, field: string, value?: string): SelectedGenes {
  const column = genes.fields.get(field);
  if (column === undefined)
    throw new AppError("usage", {
      what: `the genes have no metadata column "${field}"`,
      got: genes.fields.size === 0 ? "no columns at all" : `columns ${[...genes.fields.keys()].join(", ")}`,
      advice: "Choose one of these with meta:FIELD or meta:FIELD=VALUE, or give a gene list (one gene a line)",
    });
  const flags = Uint8Array.from(genes.ids, (_, gene) => (cellMatches(column, gene, value) ? 1 : 0));
  return { flags, notFound: [], several: [] };
}

/** Without a value, 1 and `true` count; with one, the text must be the same, or the number equal. */
function cellMatches(column: MetaColumn, index: number, value: string | undefined): boolean {
  const cell = column[index];
  if (typeof cell === "number") return cell === (value === undefined ? 1 : value === "" ? Number.NaN : Number(value));
  if (value !== undefined) return cell === value;
  return cell === "1" || cell?.toLowerCase() === "true";
}

function byL1000(genes: Axis, reference: OpenReference | undefined): SelectedGenes {
  const known = l1000Columns.find(([field]) => genes.fields.has(field));
  if (known !== undefined) return byField(genes, known[0], known[1]);
  const named = reference && byReference(genes, reference);
  if (named?.flags.includes(1)) return named;
  throw new AppError("usage", {
    what: "nothing in the file says which genes are L1000 landmarks, and none of them is known as one by name",
    expected: `one of the columns ${l1000Columns.map(([field]) => field).join(", ")}, or names of human genes`,
    got: genes.fields.size === 0 ? "no metadata columns" : `columns ${[...genes.fields.keys()].join(", ")}`,
    advice: "Give the landmarks as a gene list instead: --landmarks FILE.grp (one gene a line)",
  });
}

/** The landmarks by name; where ids are probe sets, only those that L1000 is calibrated on. */
function byReference(genes: Axis, open: OpenReference): SelectedGenes {
  const reference = open();
  const { found } = identifyGenes(genes, reference);
  const rows = new Map(reference.genes.filter(({ space }) => space === "landmark").map((gene) => [gene, 0]));
  const flags = Uint8Array.from(genes.ids, (id, row) => {
    const match = found[row];
    const count = match && rows.get(match.gene);
    if (match === undefined || count === undefined || (match.by === "probe" && id !== match.gene.probes[0])) return 0;
    rows.set(match.gene, count + 1);
    return 1;
  });
  const symbols = (wanted: (count: number) => boolean): string[] =>
    [...rows].filter(([, count]) => wanted(count)).map(([{ symbol }]) => symbol);
  return {
    flags,
    sought: rows.size,
    notFound: symbols((count) => count === 0),
    several: symbols((count) => count > 1),
  };
}

const listKinds = ["id", "symbol", "entrez", "ensembl"] as const;
type ListKind = (typeof listKinds)[number];

/** Entries by row id first, then by symbol, Entrez and Ensembl id: the first kind that knows an entry decides. */
function byList(entries: readonly string[], names: Readonly<Record<ListKind, readonly string[]>>): SelectedGenes {
  const flags = new Uint8Array(names.id.length);
  const rowsByKind = listKinds.map((kind) => {
    const rows = new Map<string, number[]>();
    names[kind].forEach((name, gene) => {
      const key = listKey(kind, name);
      const known = rows.get(key);
      if (known !== undefined) known.push(gene);
      else if (key !== "") rows.set(key, [gene]);
    });
    return { kind, rows };
  });
  const notFound: string[] = [];
  const several: string[] = [];
  for (const entry of entries) {
    const found = rowsByKind.map(({ kind, rows }) => rows.get(listKey(kind, entry))).find((rows) => rows !== undefined);
    if (found === undefined) notFound.push(entry);
    else if (found.length > 1) several.push(entry);
    for (const gene of found ?? []) flags[gene] = 1;
  }
  return { flags, notFound, several };
}

/** Symbols differ in case between sources, Ensembl ids in their version; row ids are compared as they are. */
function listKey(kind: ListKind, name: string): string {
  if (kind === "symbol") return name.toUpperCase();
  return kind === "ensembl" ? withoutVersion(name) : name;
}
