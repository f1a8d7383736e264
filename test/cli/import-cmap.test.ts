import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelsCommand } from "../../cli/commands/models.ts";
import { openExpression } from "../../data/node/open.ts";
import { Random } from "../../data/random.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import { requireSound } from "../../registry/verify.ts";
import { type AppError, ExpressionManifest } from "../../schemas/index.ts";
import { allValues, inferredBy, randomWeights, writeWeights } from "../registry/cmap-weights-file.ts";

const data = join(process.env["LANDFALL_DATA"] ?? "../shared/data", "l1000");
const plates = join(data, "l1ktools", "LJP009_A375_24H_X1_B20");
const plate = `${plates}_QNORM_n371x978.gct`;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "landfall-import-test-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Runs `landfall models import-cmap … --name cmap-ols` in this process; gives what it printed. */
async function importCmap(models: string, ...args: readonly string[]): Promise<string> {
  const printed: string[] = [];
  const program = new Command("landfall").exitOverride().configureOutput({ writeErr: () => undefined });
  modelsCommand(program, {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    print: (text) => printed.push(text),
    note: (text) => printed.push(`note: ${text}`),
  });
  const flags = ["--name", "cmap-ols", "--who", "jane", "--models", models];
  await program.parseAsync(["node", "landfall", "models", "import-cmap", ...args, ...flags]);
  return printed.join("\n");
}
const failure = (...args: Parameters<typeof importCmap>): Promise<AppError> =>
  importCmap(...args).then(
    () => Promise.reject(new Error("it should have failed")),
    (error: AppError) => error,
  );

/** 30 landmarks, 4 targets, and 120 profiles of a plate that never was, with two correlated landmarks. */
async function small() {
  const folder = await mkdtemp(join(root, "small-"));
  const landmarks = Array.from({ length: 30 }, (_, i) => String(101 + i));
  const random = new Random(4);
  const lines = Array.from({ length: 120 }, (_none, s) => {
    const shared = random.normal();
    const values = landmarks.map((_, i) => (5 + i / 6 + (i < 2 ? shared : 0) + 0.3 * random.normal()).toFixed(3));
    return [`s${s + 1}`, ...values].join("\t");
  });
  const reference = join(folder, "plate.tsv");
  await writeFile(reference, [["sample", ...landmarks].join("\t"), ...lines, ""].join("\n"));
  const table = randomWeights(landmarks, ["201", "202", "203", "204"]);
  return { folder, models: join(folder, "models"), landmarks, table, reference };
}

describe("landfall models import-cmap", () => {
  it("publishes a sound version that says where it comes from and what it does not know", async () => {
    const { folder, models, table, reference } = await small();
    const weights = await writeWeights(folder, table);
    const printed = await importCmap(
      models,
      weights,
      "--reference",
      reference,
      "--licence",
      "CC0-1.0",
      "--alias",
      "production",
    );
    expect(printed.split("\n")).toEqual([
      expect.stringMatching(/^published cmap-ols:1 \([0-9a-f]{12}\) in .*cmap-ols\/1$/),
      expect.stringMatching(
        /^30 landmarks → 4 targets; at most \d\.\de-\d from the formula; described by 120 profiles$/,
      ),
      "cmap-ols@production is version 1",
    ]);
    const manifest = ExpressionManifest.parse(await requireSound(join(models, "cmap-ols", "1")));
    expect(manifest).toMatchObject({
      origin: "imported",
      scale: "log2",
      level: 3,
      idType: "entrez",
      licence: "CC0-1.0",
    });
    expect([manifest.training, manifest.scores, manifest.parity]).toEqual([undefined, undefined, []]);
    expect(await readdir(join(models, "cmap-ols", "1"))).not.toContain("tfjs");
    const card = await readFile(join(models, "cmap-ols", "1", "card.md"), "utf8");
    expect(card).toContain("comes from 120 profiles of `plate.tsv`");
  });

  it("publishes nothing new for the same weights, turned or not", async () => {
    const { folder, models, table, reference } = await small();
    await importCmap(models, await writeWeights(folder, table), "--reference", reference);
    const again = await importCmap(
      models,
      await writeWeights(folder, table, { isTurned: true }),
      "--reference",
      reference,
    );
    expect(again).toMatch(/^already published as cmap-ols:1 /);
  });

  it("refuses to import without a reference, and leaves no repository behind", async () => {
    const { folder, models, table } = await small();
    expect(await failure(models, await writeWeights(folder, table))).toMatchObject({ tag: "usage" });
    expect(existsSync(models)).toBe(false);
  });

  it("imputes a landmark that an input lacks from the reference, or refuses it with CMap's rule", async () => {
    const { folder, models, table, reference, landmarks } = await small();
    await importCmap(models, await writeWeights(folder, table), "--reference", reference);
    await using model = await loadModelFolder(join(models, "cmap-ols", "1"), { device: "cpu" });
    // Landmark 101 goes with 102, which is 2 above its mean of 5 + 1/6.
    const values = landmarks.slice(1).map((_, i) => (i === 0 ? 7 + 1 / 6 : 5 + (i + 1) / 6));
    const input = { genes: landmarks.slice(1), values: [values] };
    const { genes, values: got, missing } = await model.predict(input);
    expect([...missing]).toEqual([1]);
    expect(got[0]).toBeGreaterThan(6);
    const profile = new Map(genes.ids.slice(0, 30).map((id, i) => [id, got[i] ?? Number.NaN]));
    for (const [t, { value, rounding }] of inferredBy(table, profile).entries())
      expect(Math.abs((got[30 + t] ?? Number.NaN) - value)).toBeLessThanOrEqual(rounding);
    await expect(model.predict({ ...input, options: { maxMissing: 0 } })).rejects.toMatchObject({ tag: "bad-data" });
  });

  it("gives the formula's values for a real plate, in the weights' gene order", async (ctx) => {
    if (!existsSync(plate)) ctx.skip(`no real data at ${data}`);
    const folder = await mkdtemp(join(root, "plate-"));
    await using source = await openExpression(plate);
    const columns = Array.from(source.genes.fields.get("pr_gene_id") ?? [], String);
    // Another order than the plate's, so that genes must be matched by what they are.
    const landmarks = columns.toSorted();
    const space = (await readFile(join(data, "gene-lists", "l1000_gene_space_12328.tsv"), "utf8")).split("\n");
    const targets = space.flatMap((line) =>
      /^\d+\t[^\t]*\t(?!landmark)/.test(line) ? [line.split("\t")[0] ?? ""] : [],
    );
    const table = randomWeights(landmarks, targets.slice(0, 400));
    const weights = await writeWeights(folder, table);
    const models = join(folder, "models");
    expect(await importCmap(models, weights, "--reference", plate)).toContain("978 landmarks → 400 targets");
    await using model = await loadModelFolder(join(models, "cmap-ols", "1"), { device: "cpu" });
    const values = await allValues(source);
    const { samples } = source;
    const { genes, values: got, ood } = await model.predict({ genes: source.genes, samples, values });
    expect(genes.ids).toEqual([...landmarks, ...table.targets]);
    expect(genes.fields.get("pr_gene_symbol")?.slice(0, 978)).not.toContain("");
    let [largest, clamped] = [0, 0];
    for (let row = 0; row < 371; row += 10) {
      const profile = new Map(columns.map((id, i) => [id, values[row * 978 + i] ?? Number.NaN]));
      const at = row * genes.ids.length + 978;
      for (const [t, { value, rounding }] of inferredBy(table, profile).entries()) {
        largest = Math.max(largest, Math.abs((got[at + t] ?? Number.NaN) - value) / rounding);
        if (value === 0 || value === 15) clamped += Number(got[at + t] === value);
      }
    }
    expect(largest).toBeLessThanOrEqual(1);
    expect(clamped).toBeGreaterThanOrEqual(2 * 38);
    // The score's threshold is the 99 % quantile of held-out profiles of this very plate.
    expect(ood.filter((score) => score > 1).length).toBeLessThan(0.05 * 371);
  });

  it("refuses level 2 of that plate as a reference", async (ctx) => {
    if (!existsSync(plate)) ctx.skip(`no real data at ${data}`);
    await using source = await openExpression(plate);
    const landmarks = Array.from(source.genes.fields.get("pr_gene_id") ?? [], String);
    const folder = await mkdtemp(join(root, "level-2-"));
    const weights = await writeWeights(folder, randomWeights(landmarks, ["1", "2"]));
    const error = await failure(join(folder, "models"), weights, "--reference", `${plates}_GEX_n384x978.gct`);
    expect(error.tag).toBe("scale-mismatch");
    expect(error.message).toContain("level 3 (QNORM)");
  });
});
