import { expect, test } from "vitest";
import { openSource } from "../../../data/read/open.ts";
import { blocksOf, gzipped, MemorySource, noHdf5, openText, refusal, rowsOf } from "./memory-source.ts";

const gct13 = [
  "#1.3",
  "3\t2\t2\t2",
  "id\tpr_gene_symbol\tpr_gene_id\tS1\tS2",
  "cell\tna\tna\tA375\t-666",
  "plate\tna\tna\t007\t008",
  "1_at\tTP53\t7157\t1.5\t4",
  '2_at\t"odd\t-666\t2\tNaN',
  "3_at\tACTB\t60\t-666\t6e0",
].join("\n");
const gct12 = "#1.2\n2\t3\nNAME\tDescription\tA\tB\tC\ng1\tone\t1\t2\t3\ng2\ttwo\t4\t5\t6\n";

test("GCT 1.3: ids, metadata of both axes as text, values turned to [samples, genes]", async () => {
  const source = await openText("m.gct", gct13);
  expect(source.format).toBe("gct");
  expect(source.samples.ids).toEqual(["S1", "S2"]);
  expect(source.genes.ids).toEqual(["1_at", "2_at", "3_at"]);
  expect([...source.genes.fields]).toEqual([
    ["pr_gene_symbol", ["TP53", '"odd', "ACTB"]],
    ["pr_gene_id", ["7157", "", "60"]],
  ]);
  expect([...source.samples.fields]).toEqual([
    ["cell", ["A375", ""]],
    ["plate", ["007", "008"]],
  ]);
  expect(await rowsOf(source)).toEqual([
    [1.5, 2, Number.NaN],
    [4, Number.NaN, 6],
  ]);
});

test("GCT 1.2, also gzipped, with CRLF or with the empty cells a spreadsheet adds to the first lines", async () => {
  const expected = [
    [1, 4],
    [2, 5],
    [3, 6],
  ];
  const spreadsheet = gct12.replace("#1.2", "#1.2\t\t\t\t").replace("2\t3\n", "2\t3\t\t\t\n");
  for (const content of [gct12, gzipped(gct12), gct12.replaceAll("\n", "\r\n"), spreadsheet]) {
    const source = await openText("m.gct", content);
    expect(await rowsOf(source)).toEqual(expected);
    expect(source.genes.fields.get("Description")).toEqual(["one", "two"]);
  }
});

test("Latin-1 text is read as such", async () => {
  const bytes = Uint8Array.from(gct13.replace("A375", "10 µM"), (char) => char.codePointAt(0) ?? 0);
  expect((await openText("m.gct", bytes)).samples.fields.get("cell")).toEqual(["10 µM", ""]);
});

test("more genes than a panel come out in order, in any block size", async () => {
  const genes = Array.from({ length: 150 }, (_, g) => `g${g}\tx\t${g}\t${g + 1000}\t${g + 2000}`);
  const source = await openText("m.gct", `#1.2\n150\t3\nNAME\tDescription\tA\tB\tC\n${genes.join("\n")}\n`);
  const expected = [0, 1000, 2000].map((base) => Array.from({ length: 150 }, (_, g) => base + g));
  for (const blockRows of [1, 2, 3, 9]) expect(await rowsOf(source, { blockRows })).toEqual(expected);
  expect(await rowsOf(source, { start: 1, end: 2 })).toEqual([expected[1]]);
});

test("cancelling stops between blocks", async () => {
  const source = await openText("m.gct", gct12);
  expect(await refusal(blocksOf(source, { signal: AbortSignal.abort() }))).toMatch(/^cancelled/);
});

test.each([
  [
    "fewer genes than declared",
    gct13.replace("3\t2\t2\t2", "4\t2\t2\t2"),
    /expected 2 sample fields and 4 genes, got 2 and 3/,
  ],
  ["more genes than declared", gct12.replace("2\t3", "1\t3"), /expected 0 sample fields and 1 genes, got 0 and 2/],
  [
    "more samples than declared",
    gct12.replace("2\t3", "2\t2"),
    /line 3: the header does not fit .*expected 4 cells.*got 5 cells/,
  ],
  ["a file cut in a line", gct12.slice(0, -4), /lines have another number of cells .*line 5 has 4/],
  ["a file cut in the header", "#1.3\n3\t2\t2\t2", /the file ends in the header/],
  ["sizes that are no numbers", gct12.replace("2\t3", "2\tx"), /line 2: the sizes are not whole numbers/],
  ["a cell that is no number", gct12.replace("5", "five"), /line 5, column 4 \(B\): "five"/],
  ["a missing cell in metadata", gct13.replace("cell\tna\t", "cell\t"), /line 4 has 4/],
  ["repeated samples", gct12.replace("A\tB", "A\tA"), /sample ids are not unique: "A"/],
  ["no samples", "#1.2\n1\t0\nNAME\tDescription\ng\tx\n", /the matrix is empty \(got 0 samples and 1 genes\)/],
  [
    "more than fits in memory",
    "#1.2\n3000000\t1000\n",
    /too large to be read with genes in rows.*got 3000000 genes x 1000/,
  ],
])("%s is refused", async (_, text, message) => {
  const source = new MemorySource("m.gct", text);
  const answer = await refusal(openSource(source, noHdf5));
  expect(answer).toMatch(/^bad-data: m\.gct/);
  expect(answer).toMatch(message);
  expect(source.openStreams).toBe(0);
});

test("a metadata field that appears twice is told", async () => {
  const source = await openText("m.gct", gct13.replace("plate", "cell"));
  expect(source.warnings).toEqual(['metadata field "cell" appears twice; the first one is used']);
});
