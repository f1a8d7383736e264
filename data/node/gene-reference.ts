import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "../../schemas/index.ts";
import { GeneReference, type KnownGene, type OpenReference } from "../genes/gene-reference.ts";
import { type ApprovedGene, parseHgnc, withApproved } from "../genes/hgnc.ts";
import { formatReferenceTable, parseReferenceTable } from "../genes/reference-table.ts";
import { packageRoot } from "./package-root.ts";

/** Which names human genes have. */
export interface GeneNames {
  /** A file in the layout of `hgnc_complete_set.txt`, whose names take the place of the shipped ones. */
  readonly hgnc?: string | undefined;
}

/**
 * Reads the shipped table of human genes, `assets/human-genes.tsv` of the package; it is parsed when it is first needed.
 * @throws AppError `no-input` for a file that cannot be read, `bad-data` for an HGNC file that is none
 */
export async function readGeneReference(names: GeneNames = {}): Promise<OpenReference> {
  const read = await readNames(names);
  let reference: GeneReference | undefined;
  return () => {
    reference ??= new GeneReference(knownGenes(read));
    return reference;
  };
}

/**
 * The text of the table that {@link readGeneReference} makes a reference of, for programs that cannot read files.
 * @throws AppError as `readGeneReference`
 */
export async function readGeneTable(names: GeneNames = {}): Promise<string> {
  const read = await readNames(names);
  if (names.hgnc === undefined) return read.table;
  const notes = read.table.split("\n").flatMap((line) => (line.startsWith("# ") ? [line.slice(2)] : []));
  return formatReferenceTable(knownGenes(read), [...notes, `Names replaced by those of ${basename(names.hgnc)}`]);
}

/** The shipped table as text, and what an HGNC file says. */
interface ReadNames {
  readonly path: string;
  readonly table: string;
  readonly approved: readonly ApprovedGene[] | undefined;
}

async function readNames({ hgnc }: GeneNames): Promise<ReadNames> {
  const path = join(packageRoot(), "assets/human-genes.tsv");
  const table = await readText(path, "Install the package again");
  const approved =
    hgnc === undefined ? undefined : parseHgnc(await readText(hgnc, "Give the path of an HGNC file"), basename(hgnc));
  return { path, table, approved };
}

function knownGenes({ path, table, approved }: ReadNames): readonly KnownGene[] {
  const shipped = parseReferenceTable(table, path);
  return approved === undefined ? shipped : withApproved(shipped, approved);
}

async function readText(path: string, advice: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the gene names cannot be read", where: path, got, advice }, { cause });
  }
}
