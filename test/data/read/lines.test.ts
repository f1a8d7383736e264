import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lines } from "../../../data/read/lines.ts";
import { MemorySource, refusal } from "./memory-source.ts";

async function linesOf(text: string, { pieceBytes = 4, limitBytes = 1000 } = {}): Promise<string[]> {
  const found: string[] = [];
  const source = new MemorySource("t.tsv", text, pieceBytes);
  for await (const line of lines(source.stream(), { label: "t.tsv", limitBytes })) {
    expect(line.number).toBe(found.length + 1);
    found.push(new TextDecoder().decode(line.bytes));
  }
  expect(source.openStreams).toBe(0);
  return found;
}

test("lines are the text split at its line ends, whatever pieces it comes in", async () => {
  const text = fc.array(fc.string({ unit: fc.constantFrom("a", "\t", "é", "-"), minLength: 1, maxLength: 9 }), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 30 }),
      async (wanted, end, piece) => {
        expect(await linesOf(wanted.join(end), { pieceBytes: piece })).toEqual(wanted);
        expect(await linesOf(wanted.join(end) + end, { pieceBytes: piece })).toEqual(wanted);
      },
    ),
    { seed: 3 },
  );
});

test("a byte order mark and empty lines at the end are no content", async () => {
  expect(await linesOf("\uFEFFa\tb\n1\t2\n\n\r\n")).toEqual(["a\tb", "1\t2"]);
});

test("an empty line between others is refused by its number", async () => {
  expect(await refusal(linesOf("a\nb\n\nc\n"))).toMatch(/^bad-data: t\.tsv, line 3: an empty line/);
});

test("a line without end is refused before it fills the memory", async () => {
  expect(await refusal(linesOf("a".repeat(5000)))).toMatch(/^bad-data: t\.tsv: a line is longer than 1000 bytes/);
});
