import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type * as Atomic from "../../data/node/atomic.ts";
import { readAliases, writeAliases } from "../../registry/aliases.ts";
import { appendHistory } from "../../registry/history.ts";

/** What others do while `aliases.json` is being written, in order. */
const meanwhile: (() => Promise<void>)[] = [];

vi.mock("../../data/node/atomic.ts", async (importOriginal) => {
  const original = await importOriginal<typeof Atomic>();
  return {
    ...original,
    writeFileAtomic: async (path: string, data: string) => {
      await meanwhile.shift()?.();
      await original.writeFileAtomic(path, data);
    },
  };
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "landfall-aliases-"));
});
afterEach(() => rm(dir, { recursive: true }));

const append = (alias: string, version: number) =>
  appendHistory(dir, { at: "2025-02-03T04:05:06Z", who: "jane", action: "alias", alias, version });

it("a writer whose history is out of date when it has written writes again", async () => {
  await append("mine", 1);
  // The other one is done before our older file takes the place of its newer one.
  meanwhile.push(async () => {
    await append("other", 2);
    await writeAliases(dir);
  });
  await writeAliases(dir);
  expect(Object.fromEntries(await readAliases(dir))).toEqual({ mine: 1, other: 2 });
  expect(meanwhile).toEqual([]);
});
