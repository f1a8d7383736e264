// Writes assets/human-genes.tsv: human genes, their names, their HG-U133A probes and their place in the L1000 space.
//
//   node scripts/gene-table.mjs --hgnc FILE   names from FILE: hgnc_complete_set.txt or a custom download of HGNC's
//                                             --source TEXT says in the header where FILE is from
//   node scripts/gene-table.mjs               names as the present table has them
//   node scripts/gene-table.mjs --check       fails when the present table is another one
//
// Everything but the names comes from the gene lists at LANDFALL_DATA (default: ../shared/data): facts of
// lincs_geneinfo_probes.tsv.gz, l1000_gene_space_12328.tsv, Landmark_Genes_n978.tsv and HG_U133A.chip, never of the
// D-GEX maps, which are GPL-2. Needs a build (npm run build).

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { parseHgnc, withApproved } from "../dist/data/genes/hgnc.js";
import { formatReferenceTable, parseReferenceTable } from "../dist/data/genes/reference-table.js";

const table = fileURLToPath(new URL("../assets/human-genes.tsv", import.meta.url));
const lists = join(process.env["LANDFALL_DATA"] ?? "../shared/data", "l1000/gene-lists");
const { values: flags } = parseArgs({
  options: { hgnc: { type: "string" }, source: { type: "string" }, check: { type: "boolean" } },
});

/** Lines of a list as objects by column; quotes mean nothing in these files. */
function readList(name) {
  const bytes = readFileSync(join(lists, name));
  const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split("\t");
  return lines.map((line) => Object.fromEntries(line.split("\t").map((cell, i) => [names[i], cell.trim()])));
}

/** The genes of the lists, by the names that the lists have for them. */
function listedGenes() {
  const genes = new Map();
  const geneOf = (entrez) => {
    if (!/^[1-9]\d*$/.test(entrez)) return undefined;
    if (!genes.has(entrez)) genes.set(entrez, { entrez, names: new Set(), probes: new Set(), space: "none" });
    return genes.get(entrez);
  };
  const name = (gene, symbol) => /^[^\s|]+$/.test(symbol) && symbol !== "-666" && gene?.names.add(symbol);
  const probes = readList("lincs_geneinfo_probes.tsv.gz");
  // The pools named epsilon hold the 978 landmarks; the probe of a landmark there is the one L1000 is calibrated on.
  const ownFirst = probes.toSorted((a, b) => b.pr_pool_id.includes("epsilon") - a.pr_pool_id.includes("epsilon"));
  for (const { pr_id, pr_gene_id, pr_gene_symbol } of ownFirst) {
    const gene = geneOf(pr_gene_id);
    name(gene, pr_gene_symbol);
    if (pr_id !== "") gene?.probes.add(pr_id);
  }
  for (const { entrez, space } of readList("l1000_gene_space_12328.tsv"))
    geneOf(entrez).space = space.replace("_", "-");
  for (const row of readList("Landmark_Genes_n978.tsv")) name(geneOf(row["Entrez Gene ID"]), row["Gene Symbol"]);
  for (const { pr_gene_id, pr_gene_symbol } of readList("HG_U133A.chip")) name(genes.get(pr_gene_id), pr_gene_symbol);
  return [...genes.values()]
    .filter(({ names }) => names.size > 0)
    .map(({ entrez, names, probes: ofGene, space }) => {
      const [symbol, ...previous] = names;
      return { entrez, symbol, previous, aliases: [], ensembl: "", probes: [...ofGene], space };
    });
}

/** The genes with HGNC's names, and the line of the header that says which file these are from. */
function namedGenes(path) {
  const listed = listedGenes();
  const text = readFileSync(path ?? table, "utf8");
  if (path === undefined) {
    const present = new Map(parseReferenceTable(text, table).map((gene) => [gene.entrez, gene]));
    const genes = listed.map((gene) => ({
      ...gene,
      ...present.get(gene.entrez),
      probes: gene.probes,
      space: gene.space,
    }));
    return {
      genes,
      source: text
        .split("\n")
        .find((line) => line.startsWith("# Names: "))
        ?.slice(2),
    };
  }
  const approved = parseHgnc(text, path);
  const kept = new Set(listed.map(({ entrez }) => entrez));
  return {
    genes: withApproved(listed, approved).filter(({ entrez }) => kept.has(entrez)),
    source: `Names: ${flags.source ?? basename(path)} (sha256 ${createHash("sha256").update(text).digest("hex").slice(0, 16)}…),`,
  };
}

const { genes, source } = namedGenes(flags.hgnc);
const fresh = formatReferenceTable(genes, [
  "Human genes: names, Ensembl ids, HG-U133A probe sets, place in the L1000 gene space (L landmark, B best inferred,",
  "I inferred). Made by scripts/gene-table.mjs, of facts alone:",
  source,
  "  and Ensembl ids: HUGO Gene Nomenclature Committee, genenames.org, CC0; symbols in use at CMap count as previous.",
  "Genes, probes, space: CMap's LINCS gene information and landmark list (L1000, as in cmapM and dhimmel/lincs),",
  "  BSD-3-Clause, CC0 and CC BY 4.0; a probe set of several genes is left out, that of a landmark in L1000 comes first.",
]);
if (!flags.check) {
  writeFileSync(table, fresh);
  console.log(`assets/human-genes.tsv: ${genes.length} genes, ${Buffer.byteLength(fresh)} bytes`);
} else if (readFileSync(table, "utf8") !== fresh) {
  console.error("assets/human-genes.tsv is stale: node scripts/gene-table.mjs");
  process.exit(1);
}
