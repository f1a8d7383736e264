/** Exports as users see them: the folder, its identity, and what is refused. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseGenesTable } from "../../data/genes-table.ts";
import { contentHash } from "../../data/node/content-hash.ts";
import { sha256 } from "../../data/node/hash.ts";
import { exportGeneric, exportRun } from "../../export/index.ts";
import { runHash } from "../../export/run-directory.ts";
import { decodeModel } from "../../onnx/codec/decode.ts";
import { openSession as open } from "../../runtime/node/open.ts";
import { ExpressionManifest, type OnProgress, TrainingRun } from "../../schemas/index.ts";
import { makeRun, runRecord } from "./support/run.ts";
import { fillWeights, predict, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

const createdAt = new Date("2026-02-03T04:05:06Z");

async function outFolder(): Promise<string> {
  return join(await temporaryFolder(), "model");
}

/** Names that lie in the folder around `out`: nothing but `out` itself may stay. */
const around = (out: string): Promise<string[]> => readdir(dirname(out));

describe("exporting a run", () => {
  test("writes a version folder whose manifest describes every file", async () => {
    const run = await makeRun();
    await writeFile(join(run, "report.html"), "<p>report</p>");
    const out = await outFolder();
    const manifest = await exportRun({ run, out, open, createdAt, licence: "CC0-1.0" });
    expect(ExpressionManifest.parse(JSON.parse(await readFile(join(out, "manifest.json"), "utf8")))).toEqual(manifest);
    expect(manifest.files.map(({ path, identity }) => [path, identity])).toEqual([
      ["card.md", false],
      ["genes.tsv", true],
      ["landmarks.stats.f32", true],
      ["model.onnx", true],
      ["parity.json", false],
      ["report.html", false],
      ["tfjs/model.json", true],
      ["tfjs/weights.bin", true],
    ]);
    for (const { path, bytes, sha256: hash } of manifest.files) {
      const content = await readFile(join(out, path));
      expect([content.length, sha256(content)]).toEqual([bytes, hash]);
    }
    expect(manifest).toMatchObject({
      contentHash: contentHash(manifest.files),
      createdAt: createdAt.toISOString(),
      parameters: 12 * 5 + 5 + 5 * 9 + 9,
      inputs: [{ name: "landmarks", type: "float32", dims: ["N", 12] }],
      outputs: [
        { name: "targets", type: "float32", dims: ["N", 9] },
        { name: "ood", type: "float32", dims: ["N", 1] },
      ],
      opset: 17,
      licence: "CC0-1.0",
      training: { recipe: { family: "linear" }, selected: { lambda: 0.3 } },
    });
    expect(await around(out)).toEqual(["model"]);
  });

  test("verifies every result against tfjs, alone and in batches", async () => {
    const { parity } = await exportRun({ run: await makeRun(), out: await outFolder(), open });
    expect(parity).toHaveLength(1);
    expect(parity[0]?.maxRelative).toBeLessThan(1e-5);
    expect(parity[0]?.batchDependence).toBe(0);
    expect(parity[0]?.batchSizes).toEqual([1, 2, 7, 64]);
  });

  test("verifies on the caller's profiles too", async () => {
    const run = await makeRun();
    const { parity } = await exportRun({ run, out: await outFolder(), open, rows: new Float32Array(24).fill(7) });
    const { parity: without } = await exportRun({ run, out: await outFolder(), open });
    expect((parity[0]?.rows ?? 0) - (without[0]?.rows ?? 0)).toBe(2);
    await expect(exportRun({ run, out: await outFolder(), open, rows: new Float32Array(13) })).rejects.toMatchObject({
      tag: "usage",
    });
  });

  test("keeps golden vectors that another session reproduces", async () => {
    const out = await outFolder();
    const { golden } = await exportRun({ run: await makeRun(), out, open });
    await using session = await open({ path: join(out, "model.onnx") }, { device: "cpu", threads: 1 });
    const data = Float32Array.from(golden.landmarks.flat());
    const { targets, ood } = await session.run({
      landmarks: { type: "float32", dims: [golden.landmarks.length, 12], data },
    });
    expect(golden.targetIndices).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(golden.targets.flat()).toEqual(Array.from(targets?.data ?? [], Number));
    expect(golden.ood).toEqual(Array.from(ood?.data ?? [], Number));
  });

  test("carries the hashes of the gene list and of the run in the graph", async () => {
    const run = await makeRun();
    const out = await outFolder();
    await exportRun({ run, out, open });
    const { metadata, opset, irVersion } = decodeModel(await readFile(join(out, "model.onnx")));
    expect([opset, irVersion]).toEqual([17, 8]);
    expect(metadata).toEqual({
      "landfall.genes": sha256(await readFile(join(run, "genes.tsv"))),
      "landfall.run": runHash(TrainingRun.parse(JSON.parse(await readFile(join(run, "run.json"), "utf8")))),
    });
    expect(parseGenesTable(await readFile(join(out, "genes.tsv"), "utf8"))).toHaveLength(21);
  });

  test("twice gives the same bytes and the same identity, whatever the time", async () => {
    const run = await makeRun();
    const [one, other] = [await outFolder(), await outFolder()];
    const first = await exportRun({ run, out: one, open, createdAt });
    const second = await exportRun({ run, out: other, open, createdAt: new Date("2027-01-01T00:00:00Z") });
    expect(await readFile(join(one, "model.onnx"))).toEqual(await readFile(join(other, "model.onnx")));
    expect(second.contentHash).toBe(first.contentHash);
    expect(second.createdAt).not.toBe(first.createdAt);
  });

  test("into the same folder says that it is done already and changes nothing", async () => {
    const run = await makeRun();
    const out = await outFolder();
    await exportRun({ run, out, open, createdAt });
    let done = 0;
    const again = await exportRun({ run, out, open, onAlreadyDone: () => void done++ });
    expect(done).toBe(1);
    expect(again.createdAt).toBe(createdAt.toISOString());
    expect(await around(out)).toEqual(["model"]);
  });

  test("does not replace another model unless told to", async () => {
    const out = await outFolder();
    const first = await exportRun({ run: await makeRun(), out, open });
    const other = await makeRun({ targets: 4 });
    await expect(exportRun({ run: other, out, open })).rejects.toMatchObject({ tag: "other-plan", exitCode: 73 });
    expect(JSON.parse(await readFile(join(out, "manifest.json"), "utf8"))).toEqual(first);
    expect(await exportRun({ run: other, out, open, force: true })).toMatchObject({ targets: 4 });
    expect(await around(out)).toEqual(["model"]);
  });

  test("never replaces a folder that is not a version folder", async () => {
    const out = await outFolder();
    await mkdir(out);
    await writeFile(join(out, "thesis.docx"), "");
    await expect(exportRun({ run: await makeRun(), out, open, force: true })).rejects.toMatchObject({
      tag: "cannot-create",
    });
    expect(await readdir(out)).toEqual(["thesis.docx"]);
  });

  test("into an empty folder works", async () => {
    const out = await outFolder();
    await mkdir(out);
    await exportRun({ run: await makeRun(), out, open });
    expect(await readdir(out)).toContain("model.onnx");
  });

  test("leaves nothing when ONNX and tfjs disagree", async () => {
    const out = await outFolder();
    const lying: typeof open = async (model, options) => {
      const session = await open(model, options);
      const run: typeof session.run = async (feeds) => {
        const outputs = await session.run(feeds);
        const { targets } = outputs;
        if (targets?.type === "float32") targets.data[0] = (targets.data[0] ?? 0) + 0.5;
        return outputs;
      };
      return { ...session, run, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
    };
    await expect(exportRun({ run: await makeRun(), out, open: lying })).rejects.toThrow(
      /targets, row 0, column 0: .*disagrees/,
    );
    expect(await around(out)).toEqual([]);
  });

  test("stops between its steps when it is cancelled, leaving nothing", async () => {
    const out = await outFolder();
    const stop = new AbortController();
    const onProgress: OnProgress = ({ done }) => void (done === 2 && stop.abort());
    await expect(exportRun({ run: await makeRun(), out, open, signal: stop.signal, onProgress })).rejects.toMatchObject(
      { tag: "cancelled" },
    );
    expect(await around(out)).toEqual([]);
  });

  test("writes a card without paths or times", async () => {
    const run = await makeRun();
    const out = await outFolder();
    await exportRun({ run, out, open, createdAt });
    const card = await readFile(join(out, "card.md"), "utf8");
    expect(card).toMatch(/Infers 9 target genes from 12 landmark genes/);
    expect(card).toMatch(/\| train \| 100 \| 0\.3000 \| 0\.7000 \| 0\.3500 \|/);
    expect(card).not.toMatch(/2026|\/tmp|undefined|NaN/);
  });
});

test("a version's identity covers path and content of identity files, in any order, and nothing else", () => {
  const [a, b] = [
    { path: "a", sha256: "1", identity: true },
    { path: "b", sha256: "2", identity: true },
  ];
  const hash = contentHash([a, b]);
  expect(hash).toBe(sha256("a 1\nb 2\n"));
  expect(contentHash([b, a, { path: "c", sha256: "3", identity: false }])).toBe(hash);
  expect(contentHash([a, { ...b, sha256: "3" }])).not.toBe(hash);
});

describe("a run that is not whole is refused", () => {
  const cases = [
    {
      what: "a missing file",
      file: "ood.f32",
      tag: "no-input",
      message: /ood\.f32: a file of the run cannot be read/,
    },
    {
      what: "no JSON",
      file: "run.json",
      content: "{",
      tag: "bad-data",
      message: /run\.json: is not JSON/,
    },
    {
      what: "another JSON",
      file: "run.json",
      content: "{}",
      tag: "bad-data",
      message: /not the record of a training/,
    },
    {
      what: "other lengths",
      file: "landmarks.stats.f32",
      content: "123",
      tag: "bad-data",
      message: /bytes of landmarks\.stats\.f32: 3 instead of 624/,
    },
    {
      what: "a damaged net",
      file: "tfjs/weights.bin",
      content: "123",
      tag: "bad-model",
      message: /expected 476 bytes, got 3 bytes/,
    },
  ];
  test.each(cases)("$what", async ({ file, content, tag, message }) => {
    const run = await makeRun();
    if (content === undefined) await rm(join(run, file));
    else await writeFile(join(run, file), content);
    const out = await outFolder();
    await expect(exportRun({ run, out, open })).rejects.toMatchObject({ tag, message: expect.stringMatching(message) });
    expect(await around(out)).toEqual([]);
  });
});

describe("exporting a bare tfjs folder", () => {
  test("keeps tfjs' inputs and outputs and is no expression model", async () => {
    const [a, b] = [tfl.input({ shape: [3], name: "first" }), tfl.input({ shape: [2, 2], name: "second" })];
    const flat = tfl.layers.flatten().apply(b);
    const sum = tfl.layers
      .dense({ units: 2, name: "sum" })
      .apply(tfl.layers.concatenate().apply([a, flat] as tfl.SymbolicTensor[]));
    const model = tfl.model({ inputs: [a, b], outputs: [sum, flat] as tfl.SymbolicTensor[], name: "net" });
    fillWeights(model);
    const dir = await saveModel(model, join(await temporaryFolder(), "tfjs"));
    const out = await outFolder();
    const manifest = await exportGeneric({ dir, out, open });
    expect(manifest).toMatchObject({
      task: "generic",
      origin: "imported",
      inputs: [
        { name: "first", dims: ["N", 3] },
        { name: "second", dims: ["N", 2, 2] },
      ],
      outputs: [
        { name: "sum", dims: ["N", 2] },
        { name: model.outputNames[1], dims: ["N", 4] },
      ],
    });
    expect(manifest.parity[0]?.batchDependence).toBe(0);
    expect((await readdir(out)).toSorted()).toEqual(["manifest.json", "model.onnx", "parity.json", "tfjs"]);
  });

  test("takes a model in memory as well, which stays the caller's", async () => {
    const model = tfl.sequential({
      name: "net",
      layers: [
        tfl.layers.conv1d({ filters: 3, kernelSize: 2, inputShape: [6, 2], name: "conv", activation: "relu" }),
        tfl.layers.flatten(),
        tfl.layers.dense({ units: 2, name: "end" }),
      ],
    });
    fillWeights(model);
    const dir = await saveModel(model, join(await temporaryFolder(), "tfjs"));
    const [saved, live] = [await outFolder(), await outFolder()];
    const manifest = await exportGeneric({ model, out: live, open });
    expect(manifest.contentHash).not.toBe("");
    await exportGeneric({ dir, out: saved, open });
    expect(await readFile(join(live, "model.onnx"))).toEqual(await readFile(join(saved, "model.onnx")));
    expect(predict(model, [{ dims: [1, 6, 2], data: new Float32Array(12) }])).toHaveLength(1);
  });

  test("verifies indices in the range of their table", async () => {
    const layers = [
      tfl.layers.embedding({ inputDim: 3, outputDim: 4, inputLength: 5, name: "words" }),
      tfl.layers.globalAveragePooling1d(),
    ];
    const model = tfl.sequential({ name: "net", layers });
    const manifest = await exportGeneric({ model, out: await outFolder(), open });
    expect(manifest.parity[0]?.rows).toBe(71);
  });
});

test("gives the same model for the same training at another time, in another number of seconds", () => {
  const run = runRecord();
  const later = { ...run, startedAt: "2030-01-01T00:00:00.000Z", seconds: 99 };
  expect(runHash(later)).toBe(runHash(run));
  expect(runHash({ ...run, seed: run.seed + 1 })).not.toBe(runHash(run));
});
