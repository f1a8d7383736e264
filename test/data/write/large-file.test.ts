import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LargeFile } from "../../../data/node/large-file.ts";
import { PageBuffers, pageBytes } from "../../../data/node/page-buffers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-large-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Bytes that tell where they belong. */
const bytesAt = (position: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (31 * (position + at) + ((position + at) >> 8)) & 255);

test("spans of any place and length, cut anyhow and written at once, make the file that they are cut from", async () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 5 * pageBytes }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.nat(2 * pageBytes), gaps, fc.integer({ min: 1, max: 3000 }), async (first, lengths, view) => {
      const path = join(folder, "spans");
      const total = lengths.reduce((sum, length) => sum + length, first);
      {
        await using file = await LargeFile.open(path, { flags: "w+", leastDirect: 1 });
        await file.handle.truncate(total);
        let position = first;
        await Promise.all(
          lengths.map((length) => {
            const span = bytesAt(position, length);
            const views: Uint8Array[] = [];
            for (let at = 0; at < length; at += view) views.push(span.subarray(at, at + view));
            const written = file.write(views, position);
            position += length;
            return written;
          }),
        );
        await file.datasync();
      }
      const expected = bytesAt(0, total).fill(0, 0, first);
      expect((await readFile(path)).equals(expected)).toBe(true);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("a large span may be changed once its write has begun", async (context) => {
  const path = join(folder, "changed");
  await using file = await LargeFile.open(path, { flags: "wx", leastDirect: 1 });
  if (!file.isDirect) return context.skip("this system or its file system has no direct writes");
  const span = bytesAt(0, 3 * pageBytes);
  const written = file.write([span], 0);
  span.fill(0);
  await written;
  expect((await readFile(path)).equals(bytesAt(0, 3 * pageBytes))).toBe(true);
});

test("small spans do not take the way past the page cache", async () => {
  const path = join(folder, "small");
  const buffers = new PageBuffers();
  await using file = await LargeFile.open(path, { flags: "wx", buffers });
  const marked = buffers.take(1).fill(7);
  buffers.give(marked);
  await file.write([bytesAt(0, 1000)], 0);
  expect(marked.every((byte) => byte === 7)).toBe(true);
  expect((await readFile(path)).equals(bytesAt(0, 1000))).toBe(true);
});

test("the kernel agrees that a buffer begins at a page", async (context) => {
  await using file = await LargeFile.open(join(folder, "aligned"), { flags: "wx", leastDirect: 1 });
  if (!file.isDirect) return context.skip("this system or its file system has no direct writes");
  for (let span = 0; span < 20; span++) await file.write([bytesAt(0, (1 + span) * 50_000)], span);
  // A buffer that did not would have been refused, and the file would have gone over to the page cache.
  expect(file.isDirect).toBe(true);
});

test("what the file system does not take directly goes through its cache, then and from then on", async (context) => {
  const path = join(folder, "refused");
  const taken: number[] = [];
  const buffers = {
    take: (bytes: number) => {
      taken.push(bytes);
      return new Uint8Array(new ArrayBuffer(bytes + 64)).subarray(13);
    },
    give: () => undefined,
  };
  await using file = await LargeFile.open(path, { flags: "wx", buffers, leastDirect: 1 });
  if (!file.isDirect) return context.skip("this system or its file system has no direct writes");
  await file.write([bytesAt(0, 10_000)], 0);
  expect(file.isDirect).toBe(false);
  await file.write([bytesAt(10_000, 10_000)], 10_000);
  expect(taken.length).toBe(1);
  expect((await readFile(path)).equals(bytesAt(0, 20_000))).toBe(true);
});

test("a file system's refusal is an error, and a file that is there is not made anew", async () => {
  await expect(LargeFile.open(join(folder, "none/at/all"), { flags: "w+" })).rejects.toThrow("ENOENT");
  await expect(LargeFile.open(join(folder, "changed"), { flags: "wx" })).rejects.toThrow("EEXIST");
});
