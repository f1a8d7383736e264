import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { explainCommand } from "../../cli/commands/explain.ts";
import { prepareCommand } from "../../cli/commands/prepare.ts";
import { simulateCommand } from "../../cli/commands/simulate.ts";
import type { RegisterCommand } from "../../cli/context.ts";
import { formatGenesTable } from "../../data/genes-table.ts";
import { type OpenDataset, openDataset } from "../../data/node/dataset.ts";
import { makeRun } from "../export/support/run.ts";
import { core, fillWeights, saveModel, temporaryFolder, tfl } from "../export/support/tfjs.ts";
import { runCommand } from "./run-command.ts";

/** Runs a command in this process; returns what it printed. */
async function run(register: RegisterCommand, ...args: string[]): Promise<string[]> {
  return (await runCommand([register], args)).printed;
}

beforeAll(() => core.ready());

/** A dataset of 8 landmarks and 6 targets. */
async function makeDataset(folder: string): Promise<string> {
  const sizes = ["--samples", "120", "--landmarks", "8", "--targets", "6", "--studies", "6", "--seed", "4"];
  await run(simulateCommand, "simulate", "-o", folder, ...sizes);
  const [file = ""] = (await readdir(folder)).filter((name) => name.endsWith(".gctx"));
  const out = join(folder, "dataset");
  await run(prepareCommand, "prepare", "--input", join(folder, file), "-o", out, "--split", "group:study");
  return out;
}

/** A tfjs folder of a net 8 → 5 → 6. */
async function makeNet(folder: string): Promise<string> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 5, activation: "tanh", inputShape: [8], name: "hidden" }),
      tfl.layers.dense({ units: 6, name: "head" }),
    ],
  });
  fillWeights(model);
  const dir = await saveModel(model, join(folder, "net"));
  model.dispose();
  return dir;
}

test("explains a run's weights into tables and a page", async () => {
  const source = await makeRun();
  const out = join(await temporaryFolder(), "explanation");
  const printed = await run(explainCommand, "explain", source, "-o", out, "--input-sd", "1.5", "--output-sd", "1");
  expect((await readdir(out)).toSorted()).toEqual(["edges.tsv", "hubs.tsv", "report.html"]);
  const edges = (await readFile(join(out, "edges.tsv"), "utf8")).trimEnd().split("\n");
  expect(printed[0]).toContain(`${edges.length - 1} major weights`);
  expect(edges[1]).toMatch(/^input\tLM\d+\t\thidden\t\d\t-?[\d.]+\t-?[\d.]+$/);
  expect(edges.at(-1)).toMatch(/^output\tTG\d+\t\thidden\t\d/);
  const page = await readFile(join(out, "report.html"), "utf8");
  expect(page).toContain("What run has learnt");
  expect(page).not.toMatch(/<script|<link|<img|@import| on[a-z]+=/i);
});

test("names no hubs where no weight is major: of 5 weights none can lie 4 standard deviations off", async () => {
  const [source, out] = [await makeRun(), join(await temporaryFolder(), "explanation")];
  const printed = await run(explainCommand, "explain", source, "-o", out);
  expect(printed).toEqual(["0 major weights", `explanation written to ${out}/report.html`]);
});

test("with a dataset, activations are compared to landmarks; the same command again gives the same bytes", async () => {
  const folder = await temporaryFolder();
  const [data, net] = [await makeDataset(folder), await makeNet(folder)];
  const out = join(folder, "explanation");
  const explain = () => run(explainCommand, "explain", net, "--data", data, "-o", out, "--json");
  const summary = JSON.parse((await explain()).join("\n"));
  expect(summary).toMatchObject({
    landmarks: 8,
    targets: 6,
    parts: [{ targets: 6, hidden: [5], layers: [{ name: "hidden", units: 5 }] }],
    fit: { landmarkPredictors: 8, parts: [{ activationPredictors: 5 }] },
  });
  expect(summary.notes).toEqual(["the model names no genes: the dataset's landmarks are taken in their order"]);
  const table = (await readFile(join(out, "adjR2.tsv"), "utf8")).trimEnd().split("\n");
  expect(table).toHaveLength(1 + 6);
  const wins = table
    .slice(1)
    .map((line) => line.split("\t").map(Number))
    .filter((cells) => (cells[2] ?? 0) > (cells[3] ?? 0));
  expect(summary.fit.activationsWin).toBeCloseTo(wins.length / 6, 12);
  const contents = () =>
    Promise.all(["edges.tsv", "hubs.tsv", "adjR2.tsv", "report.html"].map((name) => readFile(join(out, name), "utf8")));
  const first = await contents();
  await rm(out, { recursive: true });
  await explain();
  expect(await contents()).toEqual(first);
});

test("an explanation that is there is replaced with --force only, and leaves nothing behind", async () => {
  const folder = await temporaryFolder();
  const [data, net] = [await makeDataset(folder), await makeNet(folder)];
  const out = join(folder, "explanation");
  const explain = (...args: string[]) => run(explainCommand, "explain", net, ...args, "-o", out);
  await explain("--data", data);
  expect(await readdir(out)).toContain("adjR2.tsv");
  await expect(explain()).rejects.toMatchObject({ tag: "other-plan", exitCode: 73, fault: { where: out } });
  await explain("--force");
  expect((await readdir(out)).toSorted()).toEqual(["edges.tsv", "hubs.tsv", "report.html"]);
});

/** A net 8 → 2 → 6 that sees the landmarks in another order, and its gene table. */
async function writeOrdered(
  folder: string,
  order: readonly number[],
  { landmarks, targets }: OpenDataset,
): Promise<string> {
  const kernel = core.tensor2d(order.map((landmark) => [landmark / 8, (landmark % 3) - 1]));
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 2, activation: "tanh", inputShape: [8], name: "hidden" }),
      tfl.layers.dense({ units: 6, name: "head", kernelInitializer: "ones" }),
    ],
  });
  model.layers[0]?.setWeights([kernel, core.zeros([2])]);
  const dir = await saveModel(model, join(folder, `net-${order[0]}`));
  model.dispose();
  const named = ({ id }: { readonly id: string }, role: "landmark" | "target") =>
    ({ id, role, symbol: "", entrez: "", ensembl: "" }) as const;
  const inOrder = order.flatMap((landmark) => landmarks[landmark] ?? []);
  const genes = [...inOrder.map((gene) => named(gene, "landmark")), ...targets.map((gene) => named(gene, "target"))];
  await writeFile(join(dir, "genes.tsv"), formatGenesTable(genes));
  return dir;
}

test("landmarks are found by their ids, whatever their order in the model", async () => {
  const folder = await temporaryFolder();
  const data = await makeDataset(folder);
  await using dataset = await openDataset(data);
  const fits: number[][] = [];
  for (const order of [
    [0, 1, 2, 3, 4, 5, 6, 7],
    [7, 3, 1, 0, 2, 5, 4, 6],
  ]) {
    const net = await writeOrdered(folder, order, dataset);
    await run(explainCommand, "explain", net, "--data", data, "-o", join(folder, "out"), "--force");
    const lines = (await readFile(join(folder, "out", "adjR2.tsv"), "utf8")).trimEnd().split("\n").slice(1);
    fits.push(lines.flatMap((line) => line.split("\t").slice(2, 4).map(Number)));
  }
  const [one = [], other = []] = fits;
  expect(one).toHaveLength(12);
  // Sums of products in another order: the activations differ in their last bit.
  for (const [at, value] of one.entries()) expect(other[at]).toBeCloseTo(value, 4);
});

test("refuses a dataset of other landmarks, a model that is none, a dataset for a linear model, a silly threshold", async () => {
  const folder = await temporaryFolder();
  const data = await makeDataset(folder);
  const [source, net] = [await makeRun(), await makeNet(folder)];
  const out = join(folder, "out");
  const explain = (...args: string[]) => run(explainCommand, "explain", ...args, "-o", out);
  await expect(explain(source, "--data", data)).rejects.toMatchObject({
    tag: "bad-data",
    fault: { expected: "12 landmarks" },
  });
  await mkdir(join(folder, "empty"));
  await expect(explain(join(folder, "empty"))).rejects.toMatchObject({ tag: "unknown-model" });
  const linear = tfl.sequential({ layers: [tfl.layers.dense({ units: 6, inputShape: [8] })] });
  await saveModel(linear, join(folder, "linear"));
  linear.dispose();
  await expect(explain(join(folder, "linear"), "--data", data)).rejects.toMatchObject({ tag: "usage" });
  await expect(explain(net, "--input-sd", "0")).rejects.toThrow(/a number above 0/);
  const one = { id: "A", role: "landmark", symbol: "", entrez: "", ensembl: "" } as const;
  await writeFile(join(source, "genes.tsv"), formatGenesTable([one]));
  await expect(explain(source)).rejects.toMatchObject({ tag: "bad-model" });
  await writeFile(join(source, "run.json"), "{");
  await expect(explain(source)).rejects.toMatchObject({ tag: "bad-data", fault: { where: join(source, "run.json") } });
});
