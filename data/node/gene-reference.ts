import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { AppError } from "../../schemas/index.ts";
import { GeneReference, type OpenReference } from "../genes/gene-reference.ts";
import { parseHgnc, withApproved } from "../genes/hgnc.ts";
import { parseReferenceTable } from "../genes/reference-table.ts";

/**
 * Reads the shipped table of human genes, `assets/human-genes.tsv` of the package; it is parsed when it is first needed.
 * @param options.hgnc a file in the layout of `hgnc_complete_set.txt`, whose names take the place of the shipped ones
 * @throws AppError `no-input` for a file that cannot be read, `bad-data` for an HGNC file that is none
 */
export async function readGeneReference(options: { readonly hgnc?: string | undefined } = {}): Promise<OpenReference> {
  const { hgnc } = options;
  // The package by its own name: the same place from the sources and from dist/.
  const root = dirname(createRequire(import.meta.url).resolve("landfall/package.json"));
  const path = join(root, "assets/human-genes.tsv");
  const table = await readText(path, "Install the package again");
  const approved =
    hgnc === undefined ? undefined : parseHgnc(await readText(hgnc, "Give the path of an HGNC file"), basename(hgnc));
  let reference: GeneReference | undefined;
  return () => {
    if (reference !== undefined) return reference;
    const shipped = parseReferenceTable(table, path);
    reference = new GeneReference(approved === undefined ? shipped : withApproved(shipped, approved));
    return reference;
  };
}

async function readText(path: string, advice: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the gene names cannot be read", where: path, got, advice }, { cause });
  }
}
