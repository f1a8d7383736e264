import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Journal, readJournal } from "../../../infer/node/journal.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-journal-"));
  path = join(folder, "out.journal");
});
afterEach(() => rm(folder, { recursive: true }));

const plan = "ab".repeat(32);
const entry = (block: number) => ({ block, outOfDistribution: block + 1, incomplete: 2 * block });

it("a journal gives back the blocks that were recorded, over several processes", async () => {
  await using first = await Journal.open(path, plan, "w");
  await first.append([entry(0), entry(3)]);
  await using second = await Journal.open(path, plan, "a");
  await second.append([entry(1)]);
  const finished = await readJournal(path, plan);
  expect(new Set(finished.keys())).toEqual(new Set([0, 1, 3]));
  expect(finished.get(3)).toEqual({ outOfDistribution: 4, incomplete: 6 });
});

it("lines torn at any byte do not count, and do not spoil the next one", async () => {
  await using journal = await Journal.open(path, plan, "w");
  await journal.append([entry(7)]);
  const whole = await readFile(path, "utf8");
  for (let length = 0; length < whole.length - 1; length += 1) {
    await writeFile(path, whole.slice(0, length));
    expect((await readJournal(path, plan)).size).toBe(0);
    await using again = await Journal.open(path, plan, "a");
    await again.append([entry(8)]);
    expect([...(await readJournal(path, plan)).keys()]).toEqual([8]);
  }
});

it("blocks of another plan, and lines that were edited, do not count", async () => {
  await using journal = await Journal.open(path, plan, "w");
  await journal.append([entry(1)]);
  expect((await readJournal(path, "cd".repeat(32))).size).toBe(0);
  const text = await readFile(path, "utf8");
  await appendFile(path, text.trim().replace(" 1 ", " 2 "));
  expect([...(await readJournal(path, plan)).keys()]).toEqual([1]);
});

it("there are no blocks without a journal", async () => {
  expect((await readJournal(path, plan)).size).toBe(0);
});
