import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KnownGene } from "../../../data/genes/gene-reference.ts";
import { formatReferenceTable, parseReferenceTable } from "../../../data/genes/reference-table.ts";

const name = fc.stringMatching(/^[A-Za-z0-9-]{1,8}$/);
const gene = fc.record<KnownGene>({
  entrez: fc.integer({ min: 1, max: 10 ** 9 }).map(String),
  symbol: name,
  previous: fc.array(name, { maxLength: 3 }),
  aliases: fc.array(name, { maxLength: 3 }),
  ensembl: fc.constantFrom("", "ENSG00000135048"),
  probes: fc.array(fc.stringMatching(/^\d{1,6}_(x_|s_)?at$/), { maxLength: 3 }),
  space: fc.constantFrom("landmark", "best-inferred", "inferred", "none"),
});
const genes = fc.uniqueArray(gene, { selector: ({ entrez }) => entrez });
const byEntrez = (a: KnownGene, b: KnownGene): number => Number(a.entrez) - Number(b.entrez);

describe("the table of human genes", () => {
  it("reads back as it was written, by Entrez id", () => {
    fc.assert(
      fc.property(genes, (known) => {
        expect(parseReferenceTable(formatReferenceTable(known, ["made"]), "t")).toEqual(known.toSorted(byEntrez));
      }),
    );
  });
  it("has the same bytes whatever order the genes come in", () => {
    const shuffled = genes.chain((known) =>
      fc.tuple(fc.constant(known), fc.shuffledSubarray(known, { minLength: known.length })),
    );
    fc.assert(
      fc.property(shuffled, ([known, other]) => {
        expect(formatReferenceTable(other, [])).toBe(formatReferenceTable(known, []));
      }),
    );
  });

  const header = "entrez\tsymbol\tprevious\taliases\tensembl\tprobes\tspace";
  it.each([
    ["another header", "# n\nentrez\tsymbol\n", "line 2 does not name the columns"],
    ["no header", "", "line 1 does not name the columns"],
    ["a cut line", `${header}\n1\tA1BG\t\t\t\n`, "line 2 is no gene"],
    ["a line with more cells", `${header}\n1\tA1BG\t\t\t\t\t\tx\n`, "line 2 is no gene"],
    ["an unknown space", `${header}\n1\tA1BG\t\t\t\t\tX\n`, "line 2 is no gene"],
    ["a gene without symbol", `${header}\n1\t\t\t\t\t\t\n`, "line 2 is no gene"],
    ["a gene twice", `${header}\n1\tA\t\t\t\t\t\n1\tB\t\t\t\t\t\n`, "line 3 repeats gene 1"],
  ])("with %s is refused, naming the line", (_, text, message) => {
    expect(() => parseReferenceTable(text, "t.tsv")).toThrow(expect.objectContaining({ tag: "bad-data" }));
    expect(() => parseReferenceTable(text, "t.tsv")).toThrow(message);
  });
});
