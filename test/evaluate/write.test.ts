import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeEvaluation } from "../../evaluate/write.ts";
import { Evaluation } from "../../schemas/evaluation.ts";
import { smallEvaluation } from "./small-evaluation.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-evaluate-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("an evaluation directory holds three files and no temporary one", async () => {
  const result = await smallEvaluation();
  const directory = join(folder, "new", "report");
  await writeEvaluation(directory, result);
  expect((await readdir(directory)).toSorted()).toEqual(["metrics.json", "per_gene.tsv", "report.html"]);
  const metrics: unknown = JSON.parse(await readFile(join(directory, "metrics.json"), "utf8"));
  expect(Evaluation.parse(metrics)).toEqual(result.evaluation);
});

test("writing again replaces the files with the same bytes", async () => {
  const contents = async () =>
    Promise.all((await readdir(folder)).toSorted().map((name) => readFile(join(folder, name), "utf8")));
  await writeEvaluation(folder, await smallEvaluation());
  const first = await contents();
  await writeFile(join(folder, "metrics.json"), "old");
  await writeEvaluation(folder, await smallEvaluation());
  expect(await contents()).toEqual(first);
});

test("a path that is a file is refused with its name", async () => {
  const path = join(folder, "taken");
  await writeFile(path, "");
  await expect(writeEvaluation(path, await smallEvaluation())).rejects.toMatchObject({
    tag: "cannot-create",
    fault: { where: path },
  });
});
