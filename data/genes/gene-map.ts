/**
 * Files that say which probes measure which gene.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import { isMissingId, withoutVersion } from "./identify.ts";

/** A gene with the probes whose mean it is; `""` = not known. */
export interface MappedGene {
  /** What the map tells its genes apart by: Ensembl id in D-GEX's maps, Entrez id (else symbol) in `.chip` files. */
  readonly id: string;
  readonly symbol: string;
  readonly ensembl: string;
  readonly entrez: string;
  /** Distinct, in the file's order. */
  readonly probes: readonly string[];
}

/** Names of the columns of a `.chip` file: CMap's, and GSEA's. */
const chipColumns = {
  probe: ["pr_id", "probe set id"],
  entrez: ["pr_gene_id", "entrez id", "entrez"],
  symbol: ["pr_gene_symbol", "gene symbol"],
} as const;

/**
 * Reads a gene map: D-GEX's format (symbol, Ensembl id, comma-separated probes; no header) or a `.chip` file (told by
 * its header). Probes of several genes (`A /// B`) or of none are left out of a `.chip`.
 * @param label the file's name in messages
 * @throws AppError `bad-data` naming every line that is not three columns, and genes that appear twice
 */
export function parseGeneMap(text: string, label: string): MappedGene[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const header = (lines[0] ?? "").split("\t").map((name) => name.trim().toLowerCase());
  const columnOf = (names: readonly string[]): number => header.findIndex((name) => names.includes(name));
  const probe = columnOf(chipColumns.probe);
  const genes =
    probe < 0
      ? parseDgexMap(lines, label)
      : parseChip(lines.slice(1), {
          probe,
          entrez: columnOf(chipColumns.entrez),
          symbol: columnOf(chipColumns.symbol),
        });
  if (genes.length > 0) return genes;
  throw new AppError("bad-data", { what: "the gene map names no gene", where: label, expected: formats });
}

const formats = "lines of symbol, Ensembl id and probes (comma-separated), or a .chip file";

function parseDgexMap(lines: readonly string[], label: string): MappedGene[] {
  const genes: MappedGene[] = [];
  const wrong: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const cells = line.split("\t").map((cell) => cell.trim());
    const [symbol = "", ensembl = "", list = ""] = cells;
    const probes = [...new Set(list.split(",").map((probe) => probe.trim()))];
    if (cells.length !== 3) wrong.push(`line ${index + 1} has ${cells.length} columns`);
    else if (ensembl === "") wrong.push(`line ${index + 1} has no Ensembl id`);
    else if (probes.includes("")) wrong.push(`line ${index + 1} has an empty probe`);
    else {
      const id = withoutVersion(ensembl);
      genes.push({ id, symbol, ensembl: id, entrez: "", probes });
    }
  }
  const problem = { where: label, expected: formats, advice: "Separate the columns by one tab each" };
  if (wrong.length > 0) throw new AppError("bad-data", { what: "lines are no genes", ...problem, examples: wrong });
  const seen = new Set<string>();
  const repeated = genes.filter(({ id }) => seen.size === seen.add(id).size).map(({ id }) => id);
  if (repeated.length === 0) return genes;
  throw new AppError("bad-data", {
    what: "genes appear on several lines",
    where: label,
    examples: repeated,
    advice: "Put all probes of a gene on one line",
  });
}

type ChipColumns = Readonly<Record<keyof typeof chipColumns, number>>;

/** Probes by gene: by Entrez id, or by symbol where there is none. */
function parseChip(lines: readonly string[], columns: ChipColumns): MappedGene[] {
  const genes = new Map<string, { readonly gene: Omit<MappedGene, "probes">; readonly probes: Set<string> }>();
  for (const line of lines) {
    const cells = line.split("\t");
    const known = (column: number): string => {
      const cell = (cells[column] ?? "").trim();
      return isMissingId(cell) || /^-+$/.test(cell) || cell.includes("///") ? "" : cell;
    };
    const probe = known(columns.probe);
    const entrez = known(columns.entrez);
    const symbol = known(columns.symbol);
    const id = entrez || symbol;
    if (probe === "" || id === "") continue;
    const gene = genes.get(id) ?? { gene: { id, symbol, ensembl: "", entrez }, probes: new Set() };
    gene.probes.add(probe);
    genes.set(id, gene);
  }
  return [...genes.values()].map(({ gene, probes }) => ({ ...gene, probes: [...probes] }));
}
