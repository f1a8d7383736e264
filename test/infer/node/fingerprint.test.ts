import { createHash } from "node:crypto";
import { mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fingerprint } from "../../../infer/node/fingerprint.ts";
import { isAppError } from "../../../schemas/index.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-fingerprint-"));
  path = join(folder, "in.gctx");
});
afterEach(() => rm(folder, { recursive: true }));

/** A sparse file of this length. */
async function sparse(bytes: number): Promise<void> {
  await writeFile(path, "");
  await truncate(path, bytes);
}

async function patch(position: number): Promise<void> {
  await using file = await open(path, "r+");
  await file.write(Buffer.from("x"), 0, 1, position);
}

const mib = 2 ** 20;

describe("the fingerprint of an input", () => {
  it("is the sha256 of a file up to 256 MiB, and its name without the folder", async () => {
    await writeFile(path, "abc");
    const sha256 = createHash("sha256").update("abc").digest("hex");
    expect(await fingerprint(path)).toEqual({ file: "in.gctx", bytes: 3, sha256, whole: true });
    await sparse(256 * mib);
    expect((await fingerprint(path)).whole).toBe(true);
  });
  it("of a larger file changes with its length, its ends, and what lies at the sampled places", async () => {
    await sparse(257 * mib);
    const before = await fingerprint(path);
    expect(before).toMatchObject({ bytes: 257 * mib, whole: false });
    expect(await fingerprint(path)).toEqual(before);
    const seen = new Set([before.sha256]);
    // First MiB, the 32nd of 64 samples, last MiB.
    for (const position of [mib - 1, Math.floor((31 * (257 * mib - 65_536)) / 63) + 65_535, 256 * mib]) {
      await patch(position);
      seen.add((await fingerprint(path)).sha256);
    }
    await sparse(257 * mib + 1);
    seen.add((await fingerprint(path)).sha256);
    expect(seen.size).toBe(5);
  });
  it("of a file that is not there is refused", async () => {
    expect(isAppError(await fingerprint(path).catch((error: unknown) => error), "no-input")).toBe(true);
  });
});
