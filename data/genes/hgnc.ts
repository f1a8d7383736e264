/**
 * The approved names of human genes, from a file of the HUGO Gene Nomenclature Committee.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { KnownGene } from "./gene-reference.ts";
import { withoutVersion } from "./identify.ts";

/** What HGNC says of a gene. */
export type ApprovedGene = Omit<KnownGene, "probes" | "space">;

/** Columns as `hgnc_complete_set.txt` calls them, and as HGNC's custom downloads do. */
const needed = [
  ["symbol", "approved symbol"],
  ["alias_symbol", "alias symbols"],
  ["prev_symbol", "previous symbols"],
  ["entrez_id", "ncbi gene id(supplied by ncbi)"],
  ["ensembl_gene_id", "ensembl gene id"],
] as const;

/**
 * Reads a file in the layout of `hgnc_complete_set.txt` (tab-separated, lists divided by `|`, perhaps in quotes), or a
 * custom download of the same columns (lists divided by commas). Withdrawn entries and those without an Entrez id are left out.
 * @param label the file's name in messages
 * @throws AppError `bad-data` when columns are missing, or no line is a gene
 */
export function parseHgnc(text: string, label: string): ApprovedGene[] {
  const [header = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const names = header.split("\t").map((name) => name.trim().toLowerCase());
  const places = needed.map((known) => names.findIndex((name) => known.some((other) => other === name)));
  const absent = needed.flatMap(([name], i) => (places[i] === -1 ? [name] : []));
  const problem = {
    where: label,
    expected: `hgnc_complete_set.txt, with the columns ${needed.map(([name]) => name).join(", ")}`,
    advice: "Download the complete set, tab-separated, from genenames.org",
  };
  if (absent.length > 0)
    throw new AppError("bad-data", { what: "columns of an HGNC file are missing", ...problem, examples: absent });
  const [symbolAt, aliasAt, previousAt, entrezAt, ensemblAt] = places;
  const statusAt = names.indexOf("status");
  const genes = new Map<string, ApprovedGene>();
  for (const line of lines) {
    const cells = line.split("\t");
    const cell = (column = -1): string => (cells[column] ?? "").trim();
    const entrez = cell(entrezAt);
    const symbol = cell(symbolAt);
    if (!/^[1-9]\d*$/.test(entrez) || symbol === "" || !/^(approved)?$/i.test(cell(statusAt))) continue;
    genes.set(entrez, {
      entrez,
      symbol,
      previous: namesIn(cell(previousAt)),
      aliases: namesIn(cell(aliasAt)),
      ensembl: withoutVersion(cell(ensemblAt)),
    });
  }
  if (genes.size > 0) return [...genes.values()];
  throw new AppError("bad-data", { what: "no line of the HGNC file is a gene", ...problem });
}

/**
 * Brings names up to date: HGNC's symbol, previous symbols, aliases and Ensembl id take the place of the known ones,
 * of which none is lost; genes that only HGNC has are added, those that only the reference has stay.
 * @param known distinct Entrez ids
 */
export function withApproved(known: readonly KnownGene[], approved: readonly ApprovedGene[]): KnownGene[] {
  const byEntrez = new Map(approved.map((gene) => [gene.entrez, gene]));
  const claimed = claimedNames(approved);
  const updated = known.map((gene) => {
    const now = byEntrez.get(gene.entrez);
    byEntrez.delete(gene.entrez);
    if (now === undefined) return gene;
    // An old name that HGNC gives to another gene would only make that one ambiguous.
    const own = (names: readonly string[]): string[] =>
      names.filter((name) => (claimed.get(name) ?? gene.entrez) === gene.entrez);
    const previous = distinct([...now.previous, ...own([gene.symbol, ...gene.previous])], [now.symbol]);
    const aliases = distinct([...now.aliases, ...own(gene.aliases)], [now.symbol, ...previous]);
    return { ...gene, symbol: now.symbol, previous, aliases, ensembl: now.ensembl || gene.ensembl };
  });
  return [...updated, ...[...byEntrez.values()].map((gene): KnownGene => ({ ...gene, probes: [], space: "none" }))];
}

/** Name → Entrez id of the gene that has it, `""` where several have. */
function claimedNames(approved: readonly ApprovedGene[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { entrez, symbol, previous, aliases } of approved)
    for (const name of [symbol, ...previous, ...aliases])
      owners.set(name, owners.has(name) && owners.get(name) !== entrez ? "" : entrez);
  return owners;
}

/** Without repetitions and those of `but`. */
function distinct(names: readonly string[], but: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !but.includes(name));
}

/** Names of a cell; phrases are no symbols. */
function namesIn(cell: string): string[] {
  const names = cell.replace(/^"|"$/g, "").split(/\||, /);
  return distinct(
    names.map((name) => name.trim()).filter((name) => /^\S+$/.test(name)),
    [],
  );
}
