import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openExpression } from "../../data/node/open.ts";
import { writeExpression } from "../../data/node/write.ts";
import { inferFile } from "../../infer/node/batch.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import type { Progress } from "../../schemas/index.ts";
import { createApi, type LoadedModel } from "../../web/api.ts";
import type { InferredMatrix } from "../../web/infer-input.ts";
import { matrixRows } from "../../web/matrix-rows.ts";
import { failure } from "../infer/support/batch-fixture.ts";
import { makeProfiles, withoutGenes, writeProfiles } from "../infer/support/profiles.ts";
import { makeSmallModel, type SmallModel, sizes } from "../infer/support/small-model.ts";
import { type Change, nodeHost, origin } from "./support/node-host.ts";

/** WASM and CPU kernels add the same float32 products in different orders: relative to 1 + |value|. */
const wasmTolerance = 1e-5;
const url = `${origin}version/`;
const samples = 50;
let folder: string;
let small: SmallModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-web-api-"));
  small = await makeSmallModel(folder);
  await writeProfiles(join(folder, "in.gctx"), makeProfiles({ samples }));
});
afterAll(() => rm(folder, { recursive: true }));

const fileOf = async (name: string): Promise<File> => new File([await readFile(join(folder, name))], name);

/** An api with the small model. */
async function loaded(change?: Change): Promise<{ api: ReturnType<typeof createApi>; model: LoadedModel }> {
  const api = createApi(nodeHost(folder, change));
  return { api, model: await api.load({ url, device: "auto", precision: "auto" }, {}) };
}

const gctxBytes = async ({ gctxHeader, matrix }: InferredMatrix): Promise<Buffer> =>
  Buffer.from(await new Blob([gctxHeader, matrix]).arrayBuffer());

/** Largest |got − expected| / (1 + |expected|). */
function distance(got: Float32Array, expected: Float32Array): number {
  expect(got.length).toBe(expected.length);
  return expected.reduce(
    (most, value, i) => Math.max(most, Math.abs((got[i] ?? 0) - value) / (1 + Math.abs(value))),
    0,
  );
}

describe("loading a model", () => {
  it("tells what was loaded, where it runs, and how far it is", async () => {
    const api = createApi(nodeHost(folder));
    const seen: Progress[] = [];
    const model = await api.load(
      { url, device: "wasm", precision: "fp32" },
      { onProgress: (progress) => seen.push(progress) },
    );
    expect(model).toMatchObject({
      provider: "wasm",
      precision: "fp32",
      tried: [{ provider: "wasm", ok: true }],
      threads: 1,
    });
    expect(model.manifest).toEqual(small.manifest);
    expect(model.genes).toEqual(small.genes);
    expect(seen.at(-1)).toMatchObject({ phase: "load", unit: "bytes", done: seen.at(-1)?.total });
  });

  const flipped: Change = (path, bytes) => {
    if (path.endsWith("model.onnx")) bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
    return bytes;
  };
  const cases: readonly (readonly [string, Change, string, RegExp])[] = [
    ["a flipped bit of the graph", flipped, "bad-model", /not those that were published/],
    ["a gene table cut short", (path, b) => (path.endsWith("genes.tsv") ? b.slice(0, -5) : b), "bad-model", /size/],
    [
      "moments with a tail",
      (path, b) => (path.endsWith("f32") ? Uint8Array.from([...b, 0]) : b),
      "bad-model",
      /another size/,
    ],
    ["no such model", () => undefined, "unknown-model", /no model here/],
    ["a file that is gone", (path, b) => (path.endsWith("onnx") ? undefined : b), "no-input", /no such file/],
    ["a page of another server", () => new TextEncoder().encode("<html>"), "bad-model", /not JSON/],
    ["a manifest of the future", () => new TextEncoder().encode('{"task":"other"}'), "bad-model", /manifest/],
  ];
  it.each(cases)("refuses %s", async (...[, change, tag, message]) => {
    const error = await failure(loaded(change));
    expect(error.tag).toBe(tag);
    expect(error.message).toMatch(message);
  });

  it("computes the golden results again: moments of another model do not pass", async () => {
    const manifest = structuredClone(small.manifest);
    (manifest.golden.targets[0] as number[])[3] = 1e3;
    const text = new TextEncoder().encode(JSON.stringify(manifest));
    const error = await failure(loaded((path, bytes) => (path.endsWith("manifest.json") ? text : bytes)));
    expect(error).toMatchObject({ tag: "bad-model" });
    expect(error.message).toMatch(/other results on wasm/);
  });

  it("says why WebGPU is not there, and does not take the CPU instead", async () => {
    const error = await failure(createApi(nodeHost(folder)).load({ url, device: "webgpu", precision: "auto" }, {}));
    expect(error).toMatchObject({ tag: "unavailable", fault: { got: "this is Node" } });
  });

  it("is asked for before anything is inferred", async () => {
    const error = await failure(createApi(nodeHost(folder)).example({}, {}));
    expect(error.tag).toBe("usage");
  });
});

describe.each(["gctx", "gct", "tsv", "csv", "tsv.gz"])("a %s file", (ending) => {
  it("comes out as the batch pipeline on ONNX Runtime's CPU writes it", async () => {
    const input = join(folder, `in.${ending}`);
    if (ending !== "gctx") {
      await using source = await openExpression(join(folder, "in.gctx"));
      await writeExpression(input, source);
    }
    const output = join(folder, `out-${ending}.gctx`);
    await using batchModel = await loadModelFolder(small.dir, { device: "cpu" });
    await inferFile({ model: batchModel, inputs: [input], output });

    const { api } = await loaded();
    const inferred = await api.predict({ input: await fileOf(`in.${ending}`) }, {});
    const expected = await readFile(output);
    const got = await gctxBytes(inferred);
    expect(got.length).toBe(expected.length);
    const matrixBytes = 4 * samples * inferred.genes.ids.length;
    const oodBytes = 4 * samples;
    const start = expected.length - matrixBytes;
    const matrixOf = (bytes: Buffer) => new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer);
    expect(distance(matrixOf(got), matrixOf(expected))).toBeLessThan(wasmTolerance);
    // But for the scores, which are computed, the headers are the same to the byte.
    const differing = Array.from(got.subarray(0, start).keys()).filter((at) => got[at] !== expected[at]);
    expect((differing.at(-1) ?? 0) - (differing[0] ?? 0)).toBeLessThan(oodBytes);
  });
});

describe("inferring", () => {
  it("gives a profile the same bits alone as among others", async () => {
    const { api } = await loaded();
    const { genes, values } = makeProfiles({ samples });
    const all = await api.predict({ input: { genes: genes.ids, values } }, {});
    for (const row of [0, 7, 49]) {
      const alone = values.slice(row * genes.ids.length, (row + 1) * genes.ids.length);
      const one = await api.predict({ input: { genes: genes.ids, values: alone } }, {});
      expect(await matrixRows(one, 0, 1)).toEqual(await matrixRows(all, row, row + 1));
      expect(one.ood[0]).toBe(all.ood[row]);
    }
  });

  it("writes the TSV that the batch pipeline writes, its numbers apart", async () => {
    const { api } = await loaded();
    const inferred = await api.predict({ input: await fileOf("in.gctx") }, {});
    const lines = (await (await api.tsv(inferred, {})).text()).split("\n");
    await using source = await openExpression(join(folder, "in.gctx"));
    expect(lines[0]?.split("\t").slice(0, 3)).toEqual(["sample", "dose", "lf_ood"]);
    expect(lines).toHaveLength(source.samples.ids.length + 2);
    const cells = lines[3]?.split("\t") ?? [];
    const row = await matrixRows(inferred, 2, 3);
    expect(Float32Array.from(cells.slice(-row.length), Number)).toEqual(row);
  });

  it("can be cancelled between two blocks", async () => {
    const { api } = await loaded();
    const { genes, values } = makeProfiles({ samples: 1000 });
    const controller = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ phase, done }: Progress): void => {
      if (phase !== "infer") return;
      seen.push(done);
      controller.abort();
    };
    const running = api.predict({ input: { genes: genes.ids, values } }, { signal: controller.signal, onProgress });
    expect((await failure(running)).tag).toBe("cancelled");
    expect(seen).toEqual([256]);
  });

  it("refuses a scale that does not fit, unless told to go on", async () => {
    const { api } = await loaded();
    const { genes, values } = makeProfiles({ samples });
    const input = { genes: genes.ids, values: values.map((value) => Math.round(2 ** value)) };
    expect((await failure(api.predict({ input }, {}))).tag).toBe("scale-mismatch");
    const forced = await api.predict({ input, choices: { allowScaleMismatch: true } }, {});
    expect(forced.warnings.join()).toMatch(/raw read counts/);
  });
});

describe("looking at an input", () => {
  it("tells format, sizes, landmarks and scale", async () => {
    const { api } = await loaded();
    const report = await api.inspect({ input: await fileOf("in.gctx") }, {});
    expect(report).toMatchObject({ label: "in.gctx", format: "gctx", samples, genes: sizes.landmarks + 2 });
    expect(report.landmarks).toMatchObject({ total: sizes.landmarks, found: sizes.landmarks, missing: [] });
    expect(report.scale).toMatchObject({ ok: true, remedies: ["none"] });
  });

  it("names missing landmarks, and says when they are too many", async () => {
    const { api } = await loaded();
    const few = withoutGenes(makeProfiles({ samples }), ["LMK3", "LMK4", "LMK5"]);
    const input = { genes: few.genes.ids, values: few.values };
    const refused = await api.inspect({ input }, {});
    expect(refused.landmarks.missing).toEqual(["LMK3", "LMK4", "LMK5"]);
    expect(refused.problem?.fault.what).toMatch(/3 of 24 landmarks are missing/);
    const allowed = await api.inspect({ input, choices: { maxMissing: 0.2 } }, {});
    expect(allowed.problem).toBeUndefined();
    expect(allowed.scale?.ok).toBe(true);
  });

  it("gives advice on another scale", async () => {
    const { api } = await loaded();
    const { genes, values } = makeProfiles({ samples });
    const report = await api.inspect({ input: { genes: genes.ids, values: values.map((value) => 2 ** value) } }, {});
    expect(report.format).toBeUndefined();
    expect(report.scale).toMatchObject({ ok: false, kind: "linear", remedies: ["quantile"] });
  });

  it("refuses what is no expression file", async () => {
    const { api } = await loaded();
    const input = new File(["PK\u0003\u0004 something"], "book.xlsx");
    expect((await failure(api.inspect({ input }, {}))).fault).toMatchObject({ got: "a zip or Excel file" });
  });
});

describe("the example", () => {
  it("looks like training data, but for the profile whose genes are shuffled", async () => {
    const { api } = await loaded();
    const input = await api.example({ profiles: 30, seed: 3 }, {});
    expect(input.samples?.at(-1)).toBe("shuffled genes");
    expect((await api.inspect({ input }, {})).scale?.ok).toBe(true);
    const { ood } = await api.predict({ input }, {});
    expect(ood.indexOf(Math.max(...ood))).toBe(29);
  });

  it("is the same for the same seed", async () => {
    const { api } = await loaded();
    expect(await api.example({ seed: 5 }, {})).toEqual(await api.example({ seed: 5 }, {}));
    expect((await api.example({ seed: 6 }, {})).values).not.toEqual((await api.example({ seed: 5 }, {})).values);
  });
});
