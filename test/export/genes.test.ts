/** `export --genes`: fewer targets, the same values. Oracle: the whole model's columns, bit for bit on the CPU provider. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseGenesTable } from "../../data/genes-table.ts";
import { exportRun } from "../../export/index.ts";
import { verifyFolder } from "../../registry/verify.ts";
import { openSession as open } from "../../runtime/node/open.ts";
import { landmarkCount, type PreparedRun, preparedRun, targetCount, withHiddenLayer } from "./support/prepared-run.ts";

let folder = "";
let prepared: PreparedRun;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-genes-"));
  prepared = await preparedRun(folder);
  await withHiddenLayer(prepared);
  await mkdir(join(folder, "exports"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Targets are GENE0|target, GENE40, …, GENE79: columns 0 to 40. */
const list = "# some genes\nSYM77\nGENE40\nGENE0\nGENE41\nGENE2\n";
const columns = [0, 1, 2, 38];

async function exported(name: string, genes?: string) {
  const out = join(folder, "exports", name);
  const file = join(folder, "genes.grp");
  if (genes !== undefined) await writeFile(file, genes);
  const notFound: string[] = [];
  const manifest = await exportRun({
    run: prepared.run,
    out,
    open,
    ...(genes !== undefined && { genes: file, precisions: ["int8"] as const, data: prepared.data }),
    onGenesNotFound: (missing) => notFound.push(...missing),
  });
  return { out, manifest, notFound };
}

/** Native targets of 50 profiles. */
async function targetsOf(path: string): Promise<Float32Array> {
  await using session = await open({ path }, { device: "cpu" });
  const data = Float32Array.from({ length: 50 * landmarkCount }, (_, i) => 7 + 2 * Math.sin(i));
  const { targets } = await session.run({ landmarks: { type: "float32", dims: [50, landmarkCount], data } });
  return Float32Array.from(targets?.data ?? [], Number);
}

test("a model of some targets is a version of its own, whose values are the whole model's", async () => {
  const whole = await exported("whole");
  const { out, manifest, notFound } = await exported("some", list);
  expect(notFound).toEqual(["GENE2"]);
  expect(manifest).toMatchObject({ landmarks: landmarkCount, targets: columns.length });
  expect(manifest.outputs[0]?.dims).toEqual(["N", columns.length]);
  expect(manifest.contentHash).not.toBe(whole.manifest.contentHash);
  expect(await verifyFolder(out)).toMatchObject({ problems: [] });
  const genes = parseGenesTable(await readFile(join(out, "genes.tsv"), "utf8"), "genes.tsv");
  expect(genes.slice(landmarkCount).map(({ id }) => id)).toEqual(["GENE0|target", "GENE40", "GENE41", "GENE77"]);
  const { mean } = whole.manifest.transform.targets;
  expect(manifest.transform.targets.mean).toEqual(columns.map((column) => mean[column]));
  const [all, some] = [await targetsOf(join(whole.out, "model.onnx")), await targetsOf(join(out, "model.onnx"))];
  const expected = some.map(
    (_, i) => all[Math.floor(i / columns.length) * targetCount + (columns[i % columns.length] ?? 0)] ?? 0,
  );
  expect(some).toEqual(expected);
});

test("it has variants of its own, no scores, which were of all targets, and no tfjs net, which has all", async () => {
  const { out, manifest } = await exported("some", "GENE40\nGENE41\n");
  expect(await readdir(out)).not.toContain("tfjs");
  expect(manifest.scores).toBeUndefined();
  expect(manifest.training?.notes.at(-1)).toMatch(/^Exported with 2 of 41 targets/);
  expect(manifest.parameters).toBe(landmarkCount * 80 + 80 + 80 * 2 + 2);
  expect(manifest.variants?.[0]?.measured.rows).toBe("validation");
});

test.each([
  ["names no target", "GENE1\nNOPE\n", "usage"],
  ["is empty", "# nothing\n", "usage"],
])("a list that %s is refused, and nothing is written", async (_, text, tag) => {
  await expect(exported("none", text)).rejects.toMatchObject({ tag });
  expect(await readdir(join(folder, "exports"))).toEqual([]);
});

test("a list that cannot be read is no input", async () => {
  const options = { run: prepared.run, out: join(folder, "exports", "none"), open, genes: join(folder, "absent.grp") };
  await expect(exportRun(options)).rejects.toMatchObject({ tag: "no-input" });
});
