import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { explainCommand } from "../../cli/commands/explain.ts";
import { prepareCommand } from "../../cli/commands/prepare.ts";
import { simulateCommand } from "../../cli/commands/simulate.ts";
import { trainCommand } from "../../cli/commands/train.ts";
import { formatGenesTable, parseGenesTable } from "../../data/genes-table.ts";
import { runCommand } from "./run-command.ts";

let folder: string;

/** A run of a D-GEX in three parts of a dataset of 8 landmarks and 10 targets. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-explain-parts-"));
  const recipe = {
    schemaVersion: 1,
    name: "parts",
    family: "dgex",
    hidden: [6, 5],
    dropout: 0.1,
    partitions: { count: 3, by: "random", seed: 2 },
    optimisation: { epochs: 3, batchSize: 10, learningRate: 0.01 },
  };
  await writeFile(join(folder, "recipe.json"), JSON.stringify(recipe));
  const sizes = ["--samples", "160", "--landmarks", "8", "--targets", "10", "--studies", "6", "--seed", "4"];
  await runCommand([simulateCommand], ["simulate", "-o", join(folder, "raw"), ...sizes]);
  const [file = ""] = (await readdir(join(folder, "raw"))).filter((name) => name.endsWith(".gctx"));
  const source = join(folder, "raw", file);
  const data = join(folder, "data");
  await runCommand([prepareCommand], ["prepare", "--input", source, "-o", data, "--split", "group:study"]);
  const training = ["train", join(folder, "recipe.json"), "--data", data, "-o", join(folder, "run")];
  await runCommand([trainCommand], [...training, "--device", "cpu"]);
});
afterAll(() => rm(folder, { recursive: true }));

/** Explains a model with thresholds that small nets have weights above; returns what it printed. */
async function explain(model: string, out: string, ...more: string[]): Promise<string[]> {
  const args = ["explain", model, "-o", join(folder, out), "--input-sd", "1.5", "--output-sd", "1", ...more];
  return (await runCommand([explainCommand], args)).printed;
}

/** Rows of a table of an explanation, without its header. */
async function rowsOf(out: string, name: string): Promise<string[][]> {
  const lines = (await readFile(join(folder, out, name), "utf8")).trimEnd().split("\n");
  return lines.slice(1).map((line) => line.split("\t"));
}

/** The nets of the parts by themselves, as the run leaves them, and the place of the first target of each. */
async function towers(): Promise<{ model: string; first: number; targets: number }[]> {
  const dgex = join(folder, "run", "dgex");
  const models = (await readdir(dgex)).filter((name) => name.endsWith("_model"));
  const found = models.map((name) => {
    const [, first = "", end = ""] = /_(\d+)-(\d+)_\d+_bestva_model$/.exec(name) ?? [];
    return { model: join(dgex, name), first: Number(first), targets: Number(end) - Number(first) };
  });
  return found.toSorted((a, b) => a.first - b.first);
}

const targetIds = async (): Promise<string[]> =>
  parseGenesTable(await readFile(join(folder, "run", "genes.tsv"), "utf8"), "genes.tsv").flatMap(({ id, role }) =>
    role === "target" ? [id] : [],
  );

test("a D-GEX in parts has the edges and hubs of its nets by themselves, and one page", async () => {
  const summary = JSON.parse((await explain(join(folder, "run"), "whole", "--json")).join("\n"));
  const ids = await targetIds();
  const parts = await towers();
  expect(parts).toHaveLength(3);
  expect(summary.parts.map((part: { targets: number }) => part.targets)).toEqual(parts.map(({ targets }) => targets));
  expect(summary.parts[1]).toMatchObject({ hidden: [6, 5], layers: [{ name: "part_2_hidden_1" }, { units: 5 }] });
  const edges: string[][] = [];
  const hubs: string[][] = [];
  for (const [at, { model, first }] of parts.entries()) {
    await explain(model, `tower-${at}`);
    const named = (layer = ""): string => `part_${at + 1}_${layer}`;
    for (const [side = "", gene = "", , layer, unit = "", ...figures] of await rowsOf(`tower-${at}`, "edges.tsv")) {
      const place = Number(gene.split(" ")[1]);
      edges.push([side, side === "input" ? String(place) : (ids[first + place] ?? ""), named(layer), unit, ...figures]);
    }
    for (const [layer, ...cells] of await rowsOf(`tower-${at}`, "hubs.tsv")) hubs.push([named(layer), ...cells]);
  }
  const records = parseGenesTable(await readFile(join(folder, "run", "genes.tsv"), "utf8"), "genes.tsv");
  const landmarks = records.flatMap(({ id, role }) => (role === "landmark" ? [id] : []));
  const whole = (await rowsOf("whole", "edges.tsv")).map(([side = "", gene = "", , ...cells]) => [
    side,
    side === "input" ? String(landmarks.indexOf(gene)) : gene,
    ...cells,
  ]);
  expect(edges.length).toBeGreaterThan(20);
  expect(whole).toEqual(edges);
  expect(await rowsOf("whole", "hubs.tsv")).toEqual(hubs);
  const page = await readFile(join(folder, "whole", "report.html"), "utf8");
  const headings = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, text]) => text);
  expect(headings).toEqual(parts.map(({ targets }, at) => `Part ${at + 1}: ${targets} targets`));
  expect(page).toContain("6 → 5 in each part");
  expect(page.match(/<svg /g)).toHaveLength(3);
});

test("with a dataset each target is fitted to its own part, found by its id, in the dataset's order", async () => {
  const data = join(folder, "data");
  const summary = JSON.parse((await explain(join(folder, "run"), "fitted", "--data", data, "--json")).join("\n"));
  expect(summary.notes).toEqual([]);
  const ids = await targetIds();
  const rows = await rowsOf("fitted", "adjR2.tsv");
  const order = rows.map(([id = ""]) => id);
  expect(order.toSorted()).toEqual(ids.toSorted());
  expect(order).not.toEqual(ids);
  const parts = await towers();
  for (const [at, { model, first, targets }] of parts.entries()) {
    await explain(model, `fitted-${at}`, "--data", data);
    const alone = new Map((await rowsOf(`fitted-${at}`, "adjR2.tsv")).map(([id = "", , ...cells]) => [id, cells]));
    const own = rows.filter(([id = ""]) => ids.slice(first, first + targets).includes(id));
    expect(own).toHaveLength(targets);
    for (const [id = "", , ...cells] of own)
      for (const [column, cell] of cells.entries())
        expect(Number(cell)).toBeCloseTo(Number(alone.get(id)?.[column]), 5);
  }
  expect(summary.fit.parts).toHaveLength(3);
  const page = await readFile(join(folder, "fitted", "report.html"), "utf8");
  expect(page).toMatch(/activations of part 3<\/td><td>3<\/td><td>5<\/td>/);
  expect(page).toContain("activations of all parts</td><td>10</td>");
});

test("with a dataset, a net in parts needs its genes, and the dataset all of them and no others", async () => {
  const data = join(folder, "data");
  const tfjs = join(folder, "run", "tfjs");
  await expect(explain(tfjs, "refused", "--data", data)).rejects.toMatchObject({
    tag: "bad-model",
    fault: { where: join(tfjs, "model.json"), expected: "genes.tsv in the model's folder" },
  });
  const renamed = join(folder, "renamed");
  await cp(join(folder, "run"), renamed, { recursive: true });
  const records = parseGenesTable(await readFile(join(renamed, "genes.tsv"), "utf8"), "genes.tsv");
  const last = records.at(-1)?.id ?? "";
  const other = records.map((gene) => (gene.id === last ? { ...gene, id: "ELSEWHERE" } : gene));
  await writeFile(join(renamed, "genes.tsv"), formatGenesTable(other));
  await expect(explain(renamed, "refused", "--data", data)).rejects.toMatchObject({
    tag: "bad-data",
    fault: { got: "all but 1 of them, and 1 others", examples: ["ELSEWHERE", last] },
  });
  expect((await explain(tfjs, "unnamed")).join("\n")).toContain("part_3_hidden_2");
});
