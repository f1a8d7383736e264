/**
 * The text form of a {@link GeneReference}: `assets/human-genes.tsv`, a gene a line, lists divided by `|`.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { KnownGene, L1000Space } from "./gene-reference.ts";

const columns = ["entrez", "symbol", "previous", "aliases", "ensembl", "probes", "space"] as const;

/** One letter a space: there are many lines. */
const spaceLetters: Readonly<Record<L1000Space, string>> = {
  landmark: "L",
  "best-inferred": "B",
  inferred: "I",
  none: "",
};
const spaces: ReadonlyMap<string, L1000Space> = new Map(
  Object.entries(spaceLetters).map(([space, letter]) => [letter, space as L1000Space]),
);

/**
 * The text of the table, genes by Entrez id, so that equal genes give equal bytes.
 * @param notes lines of the header: sources and licences
 */
export function formatReferenceTable(genes: readonly KnownGene[], notes: readonly string[]): string {
  const lines = genes
    .toSorted((a, b) => Number(a.entrez) - Number(b.entrez))
    .map(({ entrez, symbol, previous, aliases, ensembl, probes, space }) =>
      [entrez, symbol, previous.join("|"), aliases.join("|"), ensembl, probes.join("|"), spaceLetters[space]].join(
        "\t",
      ),
    );
  return `${[...notes.map((note) => `# ${note}`), columns.join("\t"), ...lines].join("\n")}\n`;
}

/**
 * Reads the table.
 * @throws AppError `bad-data` for another header, and naming every line that is no gene or repeats one
 */
export function parseReferenceTable(text: string, label: string): KnownGene[] {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => !line.startsWith("#"));
  const problems: string[] = [];
  if (lines[first] !== columns.join("\t")) problems.push(`line ${first + 1} does not name the columns`);
  const genes: KnownGene[] = [];
  const seen = new Set<string>();
  for (let i = first + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    if (line === "" && i === lines.length - 1) break;
    const [entrez = "", symbol = "", previous = "", aliases = "", ensembl = "", probes = "", letter, ...more] =
      line.split("\t");
    const space = spaces.get(letter ?? "?");
    if (space === undefined || more.length > 0 || !/^[1-9]\d*$/.test(entrez) || symbol === "")
      problems.push(`line ${i + 1} is no gene`);
    else if (seen.size === seen.add(entrez).size) problems.push(`line ${i + 1} repeats gene ${entrez}`);
    else
      genes.push({
        entrez,
        symbol,
        previous: listOf(previous),
        aliases: listOf(aliases),
        ensembl,
        probes: listOf(probes),
        space,
      });
  }
  if (problems.length === 0) return genes;
  throw new AppError("bad-data", {
    what: "the table of human genes is damaged",
    where: label,
    examples: problems,
    advice: "Install the package again, or make the table again with scripts/gene-table.mjs",
  });
}

function listOf(cell: string): readonly string[] {
  return cell === "" ? [] : cell.split("|");
}
