import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireFreeFolder } from "../../evaluate/free-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-free-"));
});
afterEach(() => rm(folder, { recursive: true }));

const files = ["metrics.json", "per_gene.tsv", "report.html"];

test("a folder is free where it is not there, is empty, or holds other files alone", async () => {
  await requireFreeFolder(join(folder, "none"), files, false);
  await requireFreeFolder(folder, files, false);
  await writeFile(join(folder, "notes.txt"), "mine");
  await requireFreeFolder(folder, files, false);
});

test.each(files)("one of the files, %s, is enough to refuse the folder; it alone is named", async (name) => {
  for (const present of [name, "notes.txt"]) await writeFile(join(folder, present), "mine");
  await expect(requireFreeFolder(folder, files, false)).rejects.toMatchObject({
    tag: "other-plan",
    fault: { where: folder, examples: [join(folder, name)] },
  });
});

test("with force nothing is refused, and nothing removed either", async () => {
  for (const name of files) await writeFile(join(folder, name), "mine");
  await requireFreeFolder(folder, files, true);
  expect((await readdir(folder)).toSorted()).toEqual(files);
});
