import * as fc from "fast-check";
import { expect, test } from "vitest";
import { openSource } from "../../../data/read/open.ts";
import { blocksOf, gzipped, MemorySource, noHdf5, openText, refusal, rowsOf } from "./memory-source.ts";

const bySample = "sample\tlabel\tTP53\tGAPDH\tACTB\nA\ttumour\t1\t2\t3\nB\tnormal\t4\t5\t6\n";
const byGene = "gene\tdescription\tA\tB\nTP53\tp53\t1\t4\nGAPDH\tdehydrogenase\t2\t5\nACTB\tactin\t3\t6\n";
const matrix = [
  [1, 2, 3],
  [4, 5, 6],
];

test("samples in rows: leading text columns become sample metadata", async () => {
  const source = await openText("m.tsv", bySample);
  expect(source.format).toBe("tsv");
  expect(source.samples.ids).toEqual(["A", "B"]);
  expect(source.genes.ids).toEqual(["TP53", "GAPDH", "ACTB"]);
  expect([...source.samples.fields]).toEqual([["label", ["tumour", "normal"]]]);
  expect(source.warnings).toEqual([]);
  expect(await rowsOf(source)).toEqual(matrix);
});

test("genes in rows are turned; leading text columns become gene metadata", async () => {
  const source = await openText("m.tsv", byGene);
  expect(source.samples.ids).toEqual(["A", "B"]);
  expect(source.genes.ids).toEqual(["TP53", "GAPDH", "ACTB"]);
  expect([...source.genes.fields.keys()]).toEqual(["description"]);
  expect(await rowsOf(source)).toEqual(matrix);
});

test("CSV with quotes, CRLF, byte order mark and blanks is the same matrix", async () => {
  const text = '\uFEFF"sample","label",TP53,"GAPDH", ACTB\r\nA,"a ""x"", y","1",2, 3 \r\n"B",b,4,5,6\r\n';
  const source = await openText("m.csv", text);
  expect(source.samples.ids).toEqual(["A", "B"]);
  expect(source.genes.ids).toEqual(["TP53", "GAPDH", "ACTB"]);
  expect(source.samples.fields.get("label")).toEqual(['a "x", y', "b"]);
  expect(await rowsOf(source)).toEqual(matrix);
});

test("a table as R writes it has one header cell less, and quotes around names", async () => {
  const text = '"A"\t"B"\n"TP53"\t1\t4\n"GAPDH"\t2\t5\n"ACTB"\t3\t6\n';
  const source = await openText("r.tsv", text);
  expect(source.genes.ids).toEqual(["TP53", "GAPDH", "ACTB"]);
  expect(await rowsOf(source)).toEqual(matrix);
});

test("gzip makes no difference", async () => {
  expect(await rowsOf(await openText("m.tsv.gz", gzipped(bySample)))).toEqual(matrix);
  expect(await rowsOf(await openText("m.tsv.gz", gzipped(byGene)))).toEqual(matrix);
});

test.each(["", "NA", "na", "NaN", "nan", "null", "-666", "-666.0", " ", " NA "])(
  "the cell %j is a missing value",
  async (cell) => {
    const source = await openText("m.tsv", `sample\tTP53\tGAPDH\nA\t${cell}\t1.5\nB\t2\t${cell}\n`);
    expect(await rowsOf(source)).toEqual([
      [Number.NaN, 1.5],
      [2, Number.NaN],
    ]);
  },
);

test("metadata that L1000 files carry as numbers are labels by their names", async () => {
  const source = await openText("m.tsv", "sample\tlf_ood\tTP53\tGAPDH\nA\t0.5\t1\t2\n");
  expect(source.genes.ids).toEqual(["TP53", "GAPDH"]);
  expect(source.samples.fields.get("lf_ood")).toEqual(["0.5"]);
});

test("a text that stands for a missing value is missing in metadata, a site called NA is not", async () => {
  const source = await openText("m.tsv", "sample\tsite\tTP53\nA\t-666\t1\nB\tNA\t2\nC\tNaN\t3\nD\tx\t4\nE\ty\t5\n");
  expect(source.samples.fields.get("site")).toEqual(["", "NA", "", "x", "y"]);
});

test("any block size, range and piece size give the same rows", async () => {
  const rows = Array.from({ length: 23 }, (_, row) => Array.from({ length: 5 }, (__, gene) => row * 10 + gene / 8));
  const genes = ["TP53", "GAPDH", "ACTB", "MYC", "EGFR"];
  const asSamples = [["sample", ...genes], ...rows.map((row, i) => [`s${i}`, ...row])];
  const asGenes = [
    ["gene", ...rows.map((_, i) => `s${i}`)],
    ...genes.map((gene, column) => [gene, ...rows.map((row) => row[column])]),
  ];
  const text = (table: unknown[][]) => table.map((cells) => cells.join("\t")).join("\n");
  const cases = fc.record({
    content: fc.constantFrom(text(asSamples), text(asGenes)),
    bounds: fc.tuple(fc.nat(23), fc.nat(23)),
    blockRows: fc.integer({ min: 1, max: 40 }),
    pieceBytes: fc.integer({ min: 1, max: 700 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ content, bounds, blockRows, pieceBytes }) => {
      const source = await openSource(new MemorySource("m.tsv", content, pieceBytes), noHdf5);
      const range = { start: Math.min(...bounds), end: Math.max(...bounds), blockRows };
      expect(await rowsOf(source, range)).toEqual(rows.slice(range.start, range.end));
      const sizes = (await blocksOf(source, range)).map((block) => block.rows);
      expect(sizes.slice(0, -1).every((size) => size === blockRows)).toBe(true);
    }),
    { numRuns: 60, seed: 4 },
  );
});

test("blocks belong to the receiver", async () => {
  for (const text of [bySample, byGene]) {
    const source = await openText("m.tsv", text);
    for await (const block of source.blocks({ blockRows: 1 })) block.values.fill(99);
    expect(await rowsOf(source)).toEqual(matrix);
  }
});

test("a table with samples in rows streams: two passes in all, and a range stops reading where it ends", async () => {
  const line = (name: string) => `${name}${"\t1.25".repeat(500)}\n`;
  const text = `sample${Array.from({ length: 500 }, (_, i) => `\tENSG00000${100_000 + i}`).join("")}\n`;
  const source = new MemorySource("m.tsv", text + Array.from({ length: 400 }, (_, i) => line(`s${i}`)).join(""));
  const matrixSource = await openSource(source, noHdf5);
  const head = 64 * 1024 + 200;
  expect(source.bytesRead).toBeLessThanOrEqual(source.bytes + head);

  source.bytesRead = 0;
  let rows = 0;
  for await (const block of matrixSource.blocks({ blockRows: 32 })) rows += block.rows;
  expect(rows).toBe(400);
  expect(source.bytesRead).toBe(source.bytes);

  source.bytesRead = 0;
  await blocksOf(matrixSource, { start: 0, end: 10 });
  expect(source.bytesRead).toBeLessThan(source.bytes / 10);
  expect(source.openStreams).toBe(0);
});

test("leaving a loop early closes the file", async () => {
  for (const content of [bySample, gzipped(bySample)]) {
    const source = new MemorySource("m.tsv", content);
    for await (const block of (await openSource(source, noHdf5)).blocks({ blockRows: 1 })) {
      expect(block.start).toBe(0);
      break;
    }
    expect(source.openStreams).toBe(0);
  }
});

test("an aborted signal stops between blocks, and opening too", async () => {
  for (const text of [bySample, byGene]) {
    const abort = new AbortController();
    const blocks = (await openText("m.tsv", text)).blocks({ blockRows: 1, signal: abort.signal });
    const iterator = blocks[Symbol.asyncIterator]();
    expect((await iterator.next()).done).toBe(false);
    abort.abort();
    expect(await refusal(iterator.next())).toBe("cancelled: m.tsv: reading was cancelled");
    expect(await refusal(openText("m.tsv", text, { signal: abort.signal }))).toMatch(/^cancelled/);
  }
});

test("cells that are not numbers are named by line, column and header, all up to five", async () => {
  const wrong = "sample\tTP53\tGAPDH\nA\t1\t2\nB\t1,5\t2\nC\t1\tlow\n";
  expect(await refusal(openText("m.tsv", wrong).then((source) => rowsOf(source)))).toContain(
    'm.tsv: cells are not numbers (expected a number with a decimal point, or nothing, NA, NaN, null or -666 for a missing value): line 3, column 2 (TP53): "1,5"; line 4, column 3 (GAPDH): "low".',
  );
  const many = `gene\tA\tB\nTP53\tx\ty\n${"ACTB\t1\t2\n".repeat(20)}${"MYC\tx\ty\n".repeat(9)}`;
  const answer = await refusal(openText("m.tsv", many));
  expect(answer).toContain('line 2, column 3 (B): "y"');
  expect(answer.match(/line \d+/g)).toHaveLength(5);
});

test("a number too large for float32 is told", async () => {
  const source = await openText("m.tsv", "sample\tTP53\nA\t1e39\n");
  expect(await refusal(rowsOf(source))).toContain('line 2, column 2 (TP53): "1e39"');
});

test("ragged lines are named", async () => {
  expect(await refusal(openText("m.tsv", "sample\tTP53\tMYC\nA\t1\t2\nB\t1\nC\t1\t2\t3\n"))).toContain(
    "m.tsv: lines have another number of cells than the header (expected 3 cells a line): line 3 has 2; line 4 has 4.",
  );
  expect(await refusal(openText("m.csv", 'sample,label,TP53\nA,"a\nb",1\n'))).toContain("line 2 has 2; line 3 has 2");
});

test.each([
  ["a header only", "sample\tTP53\n", /the matrix is empty \(got 0 samples and 1 genes\)/],
  [
    "ids only",
    "id\tname\nA\tx\nB\ty\n",
    /no column holds numbers after the ids \(got columns id, name; line 2: A, x\)/,
  ],
  ["decimal commas", "id\ta\nA\t1,5\nB\t2,5\n", /no column holds numbers .*line 2: A, 1,5/],
  ["no header", "A\t1.5\t2.5\nB\t3.5\t4.5\n", /line 1: the first line holds numbers where names/],
  ["repeated samples", "sample\tTP53\nA\t1\nB\t2\nA\t3\nB\t4\n", /sample ids are not unique: "A"; "B"/],
  ["a sample without id", "gene\tA\t\nTP53\t1\t2\nMYC\t1\t2\n", /sample ids are blank or not unique: ""/],
])("%s is refused", async (_, text, message) => {
  expect(await refusal(openText("m.tsv", text))).toMatch(message);
});

test("repeated genes are left to the alignment", async () => {
  const source = await openText("m.tsv", "sample\tTP53\tTP53\nA\t1\t2\n");
  expect(source.genes.ids).toEqual(["TP53", "TP53"]);
});

test("gzip cut short is refused, wherever it is cut", async () => {
  const whole = gzipped(byGene.repeat(1) + "MYC\tmyc\t7\t8\n".repeat(2000));
  for (const length of [12, 40, whole.length - 9, whole.length - 1]) {
    expect(await refusal(openText("m.tsv.gz", whole.subarray(0, length)))).toMatch(/^bad-data: m\.tsv\.gz: the gzip/);
  }
});

test("rows that do not exist are refused", async () => {
  const source = await openText("m.tsv", bySample);
  expect(await refusal(rowsOf(source, { end: 3 }))).toMatch(/^usage: the rows asked for do not exist/);
  expect(await refusal(rowsOf(source, { blockRows: 0 }))).toMatch(/^usage/);
});
