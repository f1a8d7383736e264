import { expect, test } from "vitest";
import { textBytes } from "../../../data/read/text-bytes.ts";
import { AppError } from "../../../schemas/index.ts";
import { gzipped, MemorySource, refusal } from "./memory-source.ts";

const text = Array.from({ length: 150_000 }, (_, i) => `${Math.sin(i)}\n`).join("");

test("gunzipped bytes are the text, whatever pieces the file comes in", async () => {
  for (const pieceBytes of [1000, 50_000, 200_000, 10_000_000]) {
    const pieces: Uint8Array[] = [];
    const source = new MemorySource("t.gz", gzipped(text), pieceBytes);
    for await (const piece of textBytes({ source, gzip: true })) pieces.push(piece);
    expect(new TextDecoder().decode(Buffer.concat(pieces))).toBe(text);
    expect(source.openStreams).toBe(0);
  }
});

test("a gzipped file is read no faster than its text is used", async () => {
  const packed = gzipped(text);
  const source = new MemorySource("t.gz", packed, 65_536);
  let unpacked = 0;
  let furthestAhead = 0;
  for await (const piece of textBytes({ source, gzip: true })) {
    // A slow user: time enough for an eager stream to unpack everything.
    await new Promise((resolve) => setTimeout(resolve, 2));
    unpacked += piece.length;
    furthestAhead = Math.max(furthestAhead, source.bytesRead - (unpacked / text.length) * packed.length);
  }
  expect(unpacked).toBe(text.length);
  expect(packed.length).toBeGreaterThan(1_000_000);
  expect(furthestAhead).toBeLessThan(150_000);
});

test("files of several gzip members, as bgzip writes them, are read to the end", async () => {
  const source = new MemorySource("t.gz", Buffer.concat([gzipped("one\n"), gzipped("two\n")]));
  const pieces: Uint8Array[] = [];
  for await (const piece of textBytes({ source, gzip: true })) pieces.push(piece);
  expect(new TextDecoder().decode(Buffer.concat(pieces))).toBe("one\ntwo\n");
});

test("what goes wrong with the file itself is told as such, not as a damaged gzip stream", async () => {
  class Vanishing extends MemorySource {
    override async *stream(): AsyncGenerator<Uint8Array> {
      yield await this.slice(0, 100_000);
      throw new AppError("no-input", { what: "the disk is gone", where: this.label });
    }
  }
  const source = new Vanishing("t.gz", gzipped(text));
  const reading = async () => {
    for await (const piece of textBytes({ source, gzip: true })) expect(piece.length).toBeGreaterThan(0);
  };
  expect(await refusal(reading())).toBe("no-input: t.gz: the disk is gone");
});

test("damage is told though the reader was busy when it was found", async () => {
  const packed = gzipped(text).fill(0x55, 200_000, 300_000);
  const reading = async () => {
    for await (const piece of textBytes({ source: new MemorySource("t.gz", packed, 65_536), gzip: true })) {
      expect(piece.length).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  expect(await refusal(reading())).toMatch(/^bad-data: t\.gz: the gzip stream is damaged or cut short/);
});
