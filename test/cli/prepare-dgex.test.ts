import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareCommand } from "../../cli/commands/prepare.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { openExpression } from "../../data/node/open.ts";
import type { ExpressionDataset } from "../../schemas/index.ts";
import { type Trio, type TrioCohort, writeTrio } from "./dgex-trio.ts";
import { runCommand } from "./run-command.ts";

let folder: string;
let trio: Trio;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-dgex-"));
  trio = await writeTrio(folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `landfall prepare …` in this process; returns what is printed and noted. */
async function prepare(...args: readonly string[]): Promise<{ printed: string; notes: string[] }> {
  const { printed, notes } = await runCommand([prepareCommand], ["prepare", ...args]);
  return { printed: printed.join("\n"), notes };
}

const inputs = (): string[] => ["-i", `geo=${trio.geo.path}`, `gtex=${trio.gtex.path}`, `kg=${trio.kg.path}`];
const maps = (): string[] => ["--landmarks", `map:${trio.landmarkMap}`, "--targets", `map:${trio.targetMap}`];
const whole = ["--assign", "kg=validation", "gtex=test"];

/** Rows of the dataset by the maps: id and the columns that it is the mean of, in the array and in RNA-seq. */
function rowsInUse(): { id: string; probes: readonly string[]; ensembl: string }[] {
  const measured = trio.genes.filter(({ ensembl }) => trio.gtex.columns.includes(ensembl));
  const landmarks = measured.filter(({ landmark }) => landmark.length > 0);
  const targets = measured.filter(({ target }) => target.length > 0);
  return [
    ...landmarks.map(({ ensembl, landmark }) => ({ id: ensembl, probes: landmark, ensembl })),
    ...targets.map(({ ensembl, target, landmark }) => ({
      id: landmark.length > 0 ? `${ensembl}|target` : ensembl,
      probes: target,
      ensembl,
    })),
  ];
}

/** The genes in use of a cohort, `[samples][genes]`: mean of the probes, or the gene's own column. */
function gathered(cohort: TrioCohort): number[][] {
  const column = (id: string): number => cohort.columns.indexOf(id);
  const isArray = column("AFFX-1_at") >= 0;
  return cohort.values.map((profile) =>
    rowsInUse().map(({ probes, ensembl }) => {
      const columns = (isArray ? probes : [ensembl]).map(column);
      return Math.fround(columns.reduce((sum, at) => sum + (profile[at] ?? Number.NaN), 0) / columns.length);
    }),
  );
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** A8: quantile[int(rankdata(x, average) − 1)]. */
const byAverage = (profile: readonly number[], reference: readonly number[]): number[] =>
  profile.map((x) => {
    const below = profile.filter((y) => y < x).length;
    const same = profile.filter((y) => y === x).length;
    return reference[Math.trunc(below + (same + 1) / 2 - 1)] ?? Number.NaN;
  });

/** A9: u = sorted unique; quantile[int((r + 1) / len(u) · n) − 1]. */
const byDense = (profile: readonly number[], reference: readonly number[]): number[] => {
  const unique = sorted([...new Set(profile)]);
  return profile.map(
    (x) => reference[Math.floor(((unique.indexOf(x) + 1) * reference.length) / unique.length) - 1] ?? Number.NaN,
  );
};

const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const referenceOf = (profiles: readonly (readonly number[])[]): number[] => {
  const ranked = profiles.map(sorted);
  return (ranked[0] ?? []).map((_, rank) => meanOf(ranked.map((profile) => profile[rank] ?? Number.NaN)));
};

async function written(
  out: string,
): Promise<{ dataset: ExpressionDataset; ids: readonly string[]; values: number[][] }> {
  await using open = await openDataset(out);
  await using source = await openExpression(join(out, "expression.gctx"));
  const values: number[][] = [];
  const genes = source.genes.ids.length;
  for await (const block of source.blocks())
    for (let row = 0; row < block.rows; row += 1)
      values.push([...block.values.subarray(row * genes, (row + 1) * genes)]);
  return { dataset: open.dataset, ids: source.genes.ids, values };
}

describe("landfall prepare on a small GEO, GTEx and 1000 Genomes trio", () => {
  it("does what D-GEX's scripts do (oracle: their formulas in plain loops)", async () => {
    const out = join(folder, "faithful");
    const steps = ["--dedupe", "kmeans", "--dedupe-clusters", "1", "--quantile", "--standardise", "all"];
    const { printed, notes } = await prepare(...inputs(), ...maps(), ...whole, ...steps, "-o", out);
    const { dataset, ids, values } = await written(out);
    expect(ids).toEqual(rowsInUse().map(({ id }) => id));
    // Duplicates of the array: the later one of each pair goes.
    const geo = gathered(trio.geo).filter((_, sample) => sample !== 7 && sample !== 20);
    const reference = referenceOf(geo);
    const expected = [
      ...geo.map((profile) => byAverage(profile, reference)),
      ...gathered(trio.gtex).map((profile) => byDense(profile, reference)),
      ...gathered(trio.kg).map((profile) => byDense(profile, reference)),
    ];
    expect(values).toEqual(expected.map((profile) => profile.map(Math.fround)));
    const quantile = dataset.steps.find((step) => step.kind === "quantile")?.reference;
    expect(quantile).toMatchObject({
      cohort: "geo",
      rows: "all",
      ranks: { geo: "average", gtex: "dense", kg: "dense" },
    });
    quantile?.values.forEach((value, rank) => expect(value).toBeCloseTo(reference[rank] ?? Number.NaN, 12));
    const [moments] = dataset.standardisation.moments;
    ids.forEach((_, gene) => {
      const column = values.map((profile) => profile[gene] ?? Number.NaN);
      const mean = meanOf(column);
      expect(moments?.mean[gene]).toBeCloseTo(mean, 10);
      expect(moments?.sd[gene]).toBeCloseTo(Math.sqrt(meanOf(column.map((x) => (x - mean) ** 2))), 10);
    });
    const { counts } = dataset;
    expect([counts.train + counts.validation + counts.test, counts.validation >= 12, counts.test >= 12]).toEqual([
      28 + 24,
      true,
      true,
    ]);
    expect(await readFile(join(out, "dropped.tsv"), "utf8")).toMatch(
      /^cohort\tsample\tduplicate_of\tdistance\ngeo\tgeo-7\tgeo-3\t0\.\d+\ngeo\tgeo-20\tgeo-1\t0\.\d+\n$/,
    );
    expect(printed).toContain("left out   geo 2, gtex 0, kg 0 (kmeans, see dropped.tsv)");
    expect(printed).toContain("assigned   kg validation, gtex test");
    expect(printed).toContain("ranks      geo average, gtex dense, kg dense");
    expect(printed).toContain("of which 3 are landmarks too");
    expect(notes).toContain("warning: gtex lacks 1 of the 32 mapped genes: SYM28");
    expect(notes).toContain("warning: the quantile reference is of all rows of geo: it has seen test rows");
  });
  it("standardises each cohort by itself by the document's command, and warns where training rows are of several", async () => {
    const document = await readFile("docs/dgex-example.md", "utf8");
    const [, command = ""] = /```\nlandfall prepare ([^`]+)\n```/.exec(document) ?? [];
    const out = join(folder, "document");
    const ours = [
      ["geo.gctx", trio.geo.path],
      ["gtex.gctx", trio.gtex.path],
      ["1000g.txt", trio.kg.path],
      ["map_lm.txt", trio.landmarkMap],
      ["map_tg.txt", trio.targetMap],
      ["work/paper", out],
    ] as const;
    const words = command.replaceAll("\\\n", " ").trim().split(/\s+/);
    const args = words.map((word) => ours.reduce((text, [theirs, path]) => text.replace(theirs, path), word));
    const { notes } = await prepare(...args);
    const { dataset, ids, values } = await written(out);
    const sizes = [trio.geo.samples.length - 2, trio.gtex.samples.length, trio.kg.samples.length];
    let start = 0;
    for (const [index, cohort] of ["geo", "gtex", "1000g"].entries()) {
      const rows = values.slice(start, start + (sizes[index] ?? 0));
      start += rows.length;
      const moments = dataset.standardisation.moments.find((one) => one.cohort === cohort);
      ids.forEach((_, gene) => {
        const column = rows.map((profile) => profile[gene] ?? Number.NaN);
        const mean = meanOf(column);
        expect(moments?.mean[gene]).toBeCloseTo(mean, 10);
        expect(moments?.sd[gene]).toBeCloseTo(Math.sqrt(meanOf(column.map((x) => (x - mean) ** 2))), 10);
      });
    }
    expect(start).toBe(values.length);
    // One cluster: all pairs of the cohort are compared.
    expect(dataset.steps[0]).toMatchObject({ kind: "dedupe", method: "kmeans", removed: { geo: 2 } });
    expect(dataset.steps.at(-1)).toMatchObject({
      reference: { cohort: "geo", rows: "all", ranks: { geo: "average", gtex: "dense", "1000g": "dense" } },
    });
    const pooled = "a model of this dataset carries the moments of all training rows together";
    expect(notes.join("\n")).not.toContain(pooled);
    const several = await prepare(
      ...inputs(),
      ...maps(),
      "--quantile",
      "--standardise",
      "cohort",
      "-o",
      join(folder, "several"),
    );
    expect(several.notes).toContain(`warning: ${pooled}, not those that geo, gtex, kg are each standardised by`);
  });
  it("makes the reference of training rows alone unless a leak is asked for", async () => {
    const out = join(folder, "honest");
    await prepare(...inputs(), ...maps(), ...whole, "--quantile", "-o", out);
    await using open = await openDataset(out);
    const split = open.samples.fields.get("lf_split");
    const reference = referenceOf(gathered(trio.geo).filter((_, sample) => split?.[sample] === "train"));
    const quantile = open.dataset.steps.find((step) => step.kind === "quantile")?.reference;
    expect(quantile?.rows).toBe("train");
    quantile?.values.forEach((value, rank) => expect(value).toBeCloseTo(reference[rank] ?? Number.NaN, 12));
    const again = await prepare(...inputs(), ...maps(), ...whole, "--quantile", "-o", out, "--json");
    expect(JSON.parse(again.printed)).toMatchObject({
      status: "already-done",
      overlap: 3,
      steps: [
        { kind: "gene-map", by: { geo: "probe", gtex: "gene", kg: "gene" } },
        { kind: "quantile", reference: { cohort: "geo", genes: 31 } },
      ],
    });
    await expect(
      prepare(...inputs(), ...maps(), ...whole, "--quantile", "--quantile-ranks", "kg=average", "-o", out),
    ).rejects.toThrow(/differs in: quantile normalisation/);
  });
  it("joins landmark and target rows of one gene by name, not by value", async () => {
    const out = join(folder, "overlap");
    await prepare(...inputs(), ...maps(), ...whole, "--quantile", "-o", out);
    await using open = await openDataset(out);
    const names = open.targets.map(({ id }) => id).filter((id) => id.endsWith("|target"));
    expect(names).toEqual(trio.genes.slice(0, 3).map(({ ensembl }) => `${ensembl}|target`));
    expect([...open.overlap]).toEqual(open.targets.map(({ id }) => (names.includes(id) ? 1 : 0)));
    expect(open.targets[0]).toMatchObject({ symbol: "SYM0", ensembl: trio.genes[0]?.ensembl });
    expect(open.dataset.idType).toBe("ensembl");
  });
  it("refuses maps of another platform, and broken ones by line", async () => {
    const strange = join(folder, "strange.txt");
    await writeFile(strange, "NOBODY\tENSG00000999999\t1_at\n");
    const rest = ["--targets", "rest", "--quantile", "-o", join(folder, "none")];
    await expect(prepare(...inputs(), "--landmarks", `map:${strange}`, ...rest)).rejects.toThrow(
      /none of the mapped genes is there.*probes such as 1_at.*AFFX-1_at/,
    );
    await writeFile(strange, "A\tENSG1\nB\tENSG2\tp\n");
    await expect(prepare(...inputs(), "--landmarks", `map:${strange}`, ...rest)).rejects.toThrow(
      /strange.txt: lines are no genes.*line 1 has 2 columns/,
    );
  });
});
