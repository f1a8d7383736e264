/** Files over HTTP whose connection breaks off: a server in memory that sends so many bytes a time. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fetchBytes } from "../../web/fetch-bytes.ts";

const file = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

/** Sends `[start, end)` in pieces of 40 bytes; breaks off after `most` bytes. */
function body(start: number, most: number): ReadableStream<Uint8Array> {
  let [at, sent] = [start, 0];
  return new ReadableStream({
    pull(stream) {
      if (at === file.length) stream.close();
      else if (sent >= most) stream.error(new TypeError("terminated"));
      else {
        const end = Math.min(file.length, at + Math.min(40, most - sent));
        stream.enqueue(file.slice(at, end));
        sent += end - at;
        at = end;
      }
    },
  });
}

/** A server that breaks off after the given numbers of bytes, one for each request. */
function server(breaks: readonly number[], { ranges = true }: { readonly ranges?: boolean } = {}) {
  const starts: number[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const range = new Headers(init?.headers).get("range");
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")?.[1]);
    const most = breaks[starts.length] ?? Number.POSITIVE_INFINITY;
    starts.push(start);
    return range === null || !ranges
      ? new Response(body(0, most))
      : new Response(body(start, most), { status: 206, headers: { "content-range": `bytes ${start}-999/1000` } });
  };
  return { fetch, starts };
}

describe("a file whose connection breaks off", () => {
  test("is continued where it broke off, however often, and counted once (property)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 }), async (breaks) => {
        const { fetch, starts } = server(breaks);
        let counted = 0;
        const onBytes = (bytes: number): void => {
          counted += bytes;
        };
        expect(await fetchBytes("http://h/f", file.length, { fetch, onBytes })).toEqual(file);
        expect(counted).toBe(file.length);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
        // Every byte was asked for but once.
        for (const [i, start] of starts.entries()) expect(start).toBe(sum(breaks.slice(0, i)));
      }),
    );
  });

  test("is given up when nothing comes any more", async () => {
    const { fetch, starts } = server([100, 0, 0, 0, 0, 0]);
    await expect(fetchBytes("http://h/f", file.length, { fetch, onBytes: () => undefined })).rejects.toMatchObject({
      tag: "unavailable",
    });
    expect(starts).toEqual([0, 100, 100, 100]);
  });

  test("by a server that cannot continue is said to be so", async () => {
    const { fetch } = server([100], { ranges: false });
    await expect(fetchBytes("http://h/f", file.length, { fetch, onBytes: () => undefined })).rejects.toThrow(
      /does not continue the file .*expected HTTP status 206 from byte 100 on, got HTTP status 200/,
    );
  });

  test.each([
    ["shorter", file.length + 1, "1001 bytes, got 1000"],
    ["longer", file.length - 1, "999 bytes, got 1000 or more"],
  ])("and one that is %s than its manifest says is refused", async (_, bytes, message) => {
    const { fetch } = server([]);
    await expect(fetchBytes("http://h/f", bytes, { fetch, onBytes: () => undefined })).rejects.toThrow(message);
  });
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
