import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Sha256, sha256Hex } from "../../web/sha256.ts";

const oracle = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("SHA-256 in pieces", () => {
  it("equals node:crypto's, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (pieces) => {
        const hash = new Sha256();
        for (const piece of pieces) hash.update(piece);
        expect(hash.hex()).toBe(oracle(Buffer.concat(pieces)));
      }),
    );
  });

  it.each([0, 55, 56, 63, 64, 65, 119, 120, 1_000_003])("equals node:crypto's for %i bytes", (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
    const hash = new Sha256();
    hash.update(bytes);
    expect(hash.hex()).toBe(oracle(bytes));
  });
});

describe("SHA-256 of a file", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 256);

  it("is computed by the browser where it can", async () => {
    const digest = vi.spyOn(globalThis.crypto.subtle, "digest");
    expect(await sha256Hex(bytes)).toBe(oracle(bytes));
    expect(digest).toHaveBeenCalledOnce();
    digest.mockRestore();
  });

  it("is the same over plain http, where crypto.subtle is absent", async () => {
    vi.stubGlobal("crypto", {});
    expect(await sha256Hex(bytes)).toBe(oracle(bytes));
    vi.unstubAllGlobals();
  });
});
