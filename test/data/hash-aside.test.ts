import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256File } from "../../data/node/hash.ts";
import { sha256Aside } from "../../data/node/hash-aside.ts";

let folder: string;
let path: string;
const bytes = 2 ** 25 + 5;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-hash-"));
  path = join(folder, "large");
  await using file = await open(path, "w");
  await file.truncate(bytes);
  await file.write("landfall", 2 ** 20 - 3);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("a hash taken aside", () => {
  it("is that of the file, in a thread or not", async () => {
    const expected = await sha256File(path);
    expect(await sha256Aside(path, { bytes })).toBe(expected);
    expect(await sha256Aside(path, { bytes: 1 })).toBe(expected);
  });

  it("leaves this thread free meanwhile", async () => {
    const order: string[] = [];
    const hashed = sha256Aside(path, { bytes }).then(() => order.push("hash"));
    await new Promise((resolve) => setImmediate(resolve)).then(() => order.push("turn"));
    await hashed;
    expect(order).toEqual(["turn", "hash"]);
  });

  it("says which file cannot be read", async () => {
    const where = join(folder, "absent");
    await expect(sha256Aside(where, { bytes })).rejects.toMatchObject({ tag: "no-input", fault: { where } });
  });

  it("ends when it is told to, before and in between", async () => {
    const stop = new AbortController();
    const hashed = sha256Aside(path, { bytes, signal: stop.signal });
    stop.abort();
    await expect(hashed).rejects.toMatchObject({ tag: "cancelled" });
    await expect(sha256Aside(path, { bytes, signal: stop.signal })).rejects.toMatchObject({ tag: "cancelled" });
  });
});
