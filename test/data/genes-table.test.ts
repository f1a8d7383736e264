import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatGenesTable, parseGenesTable } from "../../data/genes-table.ts";
import { GeneRecord, isAppError } from "../../schemas/index.ts";

const header = "id\trole\tsymbol\tentrez\tensembl\tmae\tr\treliability\thalfwidth90";
const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((s) => !/[\t\r\n]/.test(s));
const positive = fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true }).map(Math.abs);
const record = fc.record(
  {
    id: text.filter((s) => s !== ""),
    symbol: text,
    entrez: text,
    ensembl: text,
    mae: positive,
    r: fc.double({ min: -1, max: 1, noNaN: true }).map((r) => r + 0),
    reliability: fc.constantFrom("high" as const, "medium" as const, "low" as const),
    halfwidth90: positive,
  },
  { requiredKeys: ["id", "symbol", "entrez", "ensembl"] },
);
const genes = fc
  .uniqueArray(record, { selector: ({ id }) => id, maxLength: 8 })
  .chain((rows) =>
    fc
      .nat({ max: rows.length })
      .map((l) => rows.map((row, i): GeneRecord => ({ ...row, role: i < l ? "landmark" : "target" }))),
  );

/** The records of a table, undefined where its second line is refused. */
function readOrRefused(table: string): GeneRecord[] | undefined {
  try {
    return parseGenesTable(table);
  } catch (error) {
    if (isAppError(error, "bad-data") && /line 2/.test(error.message)) return undefined;
    throw error;
  }
}

describe("genes.tsv", () => {
  test("reads back what was written, and writes the same bytes again", () => {
    fc.assert(
      fc.property(genes, (rows) => {
        const written = formatGenesTable(rows);
        expect(parseGenesTable(written)).toEqual(rows);
        expect(formatGenesTable(parseGenesTable(written))).toBe(written);
      }),
    );
  });

  test("reads a line as the schema does, whatever its cells hold", () => {
    const odd = [
      "",
      "A",
      "landmark",
      "target",
      "high",
      "medium",
      "low",
      "Low",
      "0",
      "-0.5",
      "1",
      "1.01",
      "-1",
      "1e-7",
      "1e999",
    ];
    const cells = fc.array(fc.constantFrom(...odd, " 1", "0x1", "NaN", ".5", "5."), { minLength: 9, maxLength: 9 });
    const likely = fc.tuple(
      ...["A", "target", "", "", "", "", "", "", ""].map((cell) => fc.constantFrom(cell, ...odd)),
    );
    fc.assert(
      fc.property(fc.oneof(cells, likely), (line) => {
        const named = header.split("\t").map((name, i) => [name, line[i] ?? ""] as const);
        const cellsOf = named
          .filter(([, cell]) => cell !== "")
          .map(([name, cell]) => {
            const isNumber =
              ["mae", "r", "halfwidth90"].includes(name) && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);
            return [name, isNumber ? Number(cell) : cell];
          });
        const { data: expected } = GeneRecord.safeParse(Object.fromEntries(cellsOf));
        expect(readOrRefused(`${header}\n${line.join("\t")}\n`)).toEqual(expected && [expected]);
      }),
      { numRuns: 2000 },
    );
  });

  test("has one line a gene with empty cells for what is not known", () => {
    const rows: GeneRecord[] = [
      { id: "780", role: "landmark", symbol: "DDR1", entrez: "780", ensembl: "" },
      {
        id: "780|target",
        role: "target",
        symbol: "DDR1",
        entrez: "",
        ensembl: "",
        mae: 0.25,
        r: -0.5,
        reliability: "low",
        halfwidth90: 1e-7,
      },
    ];
    expect(formatGenesTable(rows)).toBe(
      `${header}\n780\tlandmark\tDDR1\t780\t\t\t\t\t\n780|target\ttarget\tDDR1\t\t\t0.25\t-0.5\tlow\t1e-7\n`,
    );
  });

  test("accepts line ends of Windows", () => {
    expect(parseGenesTable(`${header}\r\nA\ttarget\t\t\t\t\t\t\t\r\n`)).toMatchObject([
      { id: "A", role: "target", symbol: "" },
    ]);
  });

  test("names every bad line of a file at once", () => {
    const bad = `${header}\n\ttarget\t\t\t\t\t\t\t\nB\tgene\t\t\t\tx\t2\t\t\nC\ttarget\t\t\n`;
    expect(() => parseGenesTable(bad, "m/genes.tsv")).toThrow(
      /m\/genes\.tsv: .*line 2: id.*line 3: role.*line 3: mae.*line 3: r/,
    );
    expect(() => parseGenesTable(bad)).toThrow(/5 problems: .*line 4: 4 cells instead of 9/);
  });

  test.each([
    ["another header", "id\trole\nA\ttarget\n", /columns of a gene table/],
    ["an empty file", "", /an empty line/],
    ["a duplicate id", `${header}\nA\ttarget\t\t\t\t\t\t\t\nA\ttarget\t\t\t\t\t\t\t\n`, /'A' appears twice/],
    [
      "a landmark after a target",
      `${header}\nA\ttarget\t\t\t\t\t\t\t\nB\tlandmark\t\t\t\t\t\t\t\n`,
      /landmark 'B' comes after a target/,
    ],
    ["a blank where a number stands", `${header}\nA\ttarget\t\t\t\t \t\t\t\n`, /line 2: mae/],
    ["an infinite number", `${header}\nA\ttarget\t\t\t\tInfinity\t\t\t\n`, /line 2: mae/],
  ])("refuses %s", (_name, content, message) => {
    expect(() => parseGenesTable(content)).toThrow(message);
  });

  test("does not write an id that would break the line", () => {
    expect(() => formatGenesTable([{ id: "A\tB", role: "target", symbol: "", entrez: "", ensembl: "" }])).toThrow(
      /breaks the line/,
    );
  });
});
