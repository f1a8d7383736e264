import type { IdType } from "../../schemas/index.ts";
import type { Axis, MetaColumn } from "../source.ts";
import { identifyIds, idTypeOf, isMissingId, withoutVersion } from "./identify.ts";
import { mangledIds } from "./mangled.ts";

/** Kinds of identifier by which genes of two files are matched. */
export type KeyKind = "entrez" | "ensembl" | "symbol";

/** A metadata column of genes that carries identifiers. */
export interface KeyColumn {
  readonly field: string;
  readonly kind: KeyKind;
}

/** What an axis of genes says of each gene, `[genes]` each, `""` = not known. */
export interface GeneKeys {
  /** Form of the row ids themselves. */
  readonly idType: IdType;
  readonly columns: readonly KeyColumn[];
  readonly entrez: readonly string[];
  /** Without version. */
  readonly ensembl: readonly string[];
  readonly symbol: readonly string[];
}

/** Column names in use (CMap, GEO, Bioconductor, BioMart, NCBI, nf-core), lower-case; `content`: the values decide. */
const columnNames: ReadonlyMap<string, KeyKind | "content"> = new Map(
  Object.entries({
    pr_gene_id: "entrez",
    entrez: "entrez",
    entrezid: "entrez",
    entrez_id: "entrez",
    entrez_gene_id: "entrez",
    entrezgene: "entrez",
    entrezgene_id: "entrez",
    ncbi_gene_id: "entrez",
    lf_entrez: "entrez",
    ensembl: "ensembl",
    ensembl_id: "ensembl",
    ensembl_gene_id: "ensembl",
    pr_ensembl_id: "ensembl",
    ensg: "ensembl",
    lf_ensembl: "ensembl",
    pr_gene_symbol: "symbol",
    gene_symbol: "symbol",
    genesymbol: "symbol",
    symbol: "symbol",
    gene_name: "symbol",
    hgnc_symbol: "symbol",
    external_gene_name: "symbol",
    lf_symbol: "symbol",
    gene: "content",
    gene_id: "content",
    geneid: "content",
    name: "content",
  } as const),
);

const missingText: ReadonlySet<string> = new Set(["na", "nan", "n/a", "null", "none", "---", "--", "-"]);

/** Finds which columns of a gene axis carry identifiers and reads them; the row ids fill what no column knows. */
export function geneKeys(axis: Axis): GeneKeys {
  const idType = identifyIds(axis.ids);
  const columns: KeyColumn[] = [];
  const keys: Record<KeyKind, string[]> = {
    entrez: axis.ids.map(() => ""),
    ensembl: axis.ids.map(() => ""),
    symbol: axis.ids.map(() => ""),
  };
  for (const [field, column] of axis.fields) {
    const named = columnNames.get(field.toLowerCase().replaceAll(/[ .]/g, "_"));
    if (named === undefined) continue;
    const values = textOf(column);
    const kind = named === "content" ? keyKind(identifyIds(values)) : named;
    if (kind === undefined) continue;
    columns.push({ field, kind });
    fillUnknown(keys[kind], values.map(kind === "ensembl" ? withoutVersion : (value) => value));
  }
  // A date's serial number among symbols looks like an Entrez id and is none.
  const mangled = new Set(mangledIds(axis.ids));
  const ids = axis.ids.map((id) => (mangled.has(id) ? "" : id));
  fillUnknown(keys.entrez, idsOfForm(ids, "entrez"));
  fillUnknown(keys.ensembl, idsOfForm(axis.ids, "ensembl").map(withoutVersion));
  // A symbol has no form of its own: a single id that looks like one among probes or loci is none.
  if (idType === "symbol") fillUnknown(keys.symbol, ids);
  return { idType, columns, ...keys };
}

/** The values of a metadata column as identifiers: numbers as integers (pandas writes `780.0`), missing as `""`. */
function textOf(column: MetaColumn): readonly string[] {
  const text =
    column instanceof Float64Array ? Array.from(column, (value) => (value > 0 ? String(value) : "")) : column;
  return text.map((value) => {
    const id = value.trim().replace(/^(\d+)\.0+$/, "$1");
    return isMissingId(id) || missingText.has(id.toLowerCase()) ? "" : id;
  });
}

function keyKind(type: IdType): KeyKind | undefined {
  return type === "entrez" || type === "ensembl" || type === "symbol" ? type : undefined;
}

function idsOfForm(ids: readonly string[], type: IdType): readonly string[] {
  return ids.map((id) => (idTypeOf(id) === type ? id : ""));
}

function fillUnknown(known: string[], values: readonly string[]): void {
  for (let gene = 0; gene < known.length; gene += 1) if (known[gene] === "") known[gene] = values[gene] ?? "";
}
