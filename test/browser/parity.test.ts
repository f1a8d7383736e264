import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { parseSelection } from "../../data/dataset/selection.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { openExpression } from "../../data/node/open.ts";
import { prepareDataset } from "../../data/node/prepare.ts";
import { writeSimulation } from "../../data/node/simulate.ts";
import { simulate } from "../../data/simulate/simulate.ts";
import { exportRun } from "../../export/index.ts";
import { inferFile } from "../../infer/node/batch.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import { publishVersion } from "../../registry/publish.ts";
import { openSession } from "../../runtime/node/open.ts";
import { ProfileResponse, Recipe } from "../../schemas/index.ts";
import { type Listening, listen } from "../../serve/listen.ts";
import { train } from "../../train/train.ts";
import { type Profiles, writeProfiles } from "../infer/support/profiles.ts";
import { message, readAnswer, values } from "../serve/support/oip-message.ts";
import { fileFolder } from "../serve/support/repository.ts";
import { needChromium, openChromium } from "./chromium.ts";
import { LandfallPage } from "./landfall-page.ts";

/**
 * Largest |difference| / (1 + |value|) from the batch pipeline on the CPU. Float32 kernels add the same products in
 * another order: 64 a target here, with errors of some 2⁻²⁴ each.
 */
const tolerance = { http: 0, wasm: 1e-5, webgpu: 1e-5 } as const;
const samples = 40;
const [l, t] = [40, 60];

let browser: Browser | undefined;
let server: Listening;
let folder: string;
let profiles: Profiles;
/** Targets by the batch pipeline, `[samples, T]`. */
let batch: Float32Array;

/** A D-GEX net trained on simulated profiles, exported and published as a user would; returns its version folder. */
async function publishDgex(models: string): Promise<string> {
  const { path } = await writeSimulation(folder, { samples: 400, landmarks: l, targets: t, studies: 8, seed: 3 });
  const [out, run, exported] = ["dataset", "run", "export"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await prepareDataset({
    inputs: [{ cohort: "simulated", path }],
    landmarks: parseSelection("meta:lf_landmark"),
    targets: parseSelection("meta:lf_target"),
    split: { kind: "random", fractions: [0.8, 0.1, 0.1], seed: 1 },
    standardise: "train",
    clip: 8,
    missing: "refuse",
    duplicates: "error",
    name: "simulated",
    out,
    force: false,
  });
  await using dataset = await openDataset(out);
  const content = { schemaVersion: 1, name: "dgex", family: "dgex", hidden: [64] };
  const recipe = Recipe.parse({ ...content, optimisation: { learningRate: 0.01, epochs: 5, batchSize: 40 } });
  await train({ recipe, dataset, open: openSession, out: run, onProgress: () => undefined });
  await exportRun({ run, out: exported, open: openSession });
  return (await publishVersion({ from: exported, models, name: "dgex", who: "test" })).dir;
}

/** The landmarks of the first profiles of the compendium. */
function measured(): Profiles {
  const { genes, samples: axis, blocks } = simulate({ samples: 400, landmarks: l, targets: t, studies: 8, seed: 3 });
  const measuredValues = new Float32Array(samples * l);
  for (const block of blocks(samples)) {
    for (let i = 0; i < block.rows && block.start + i < samples; i += 1) {
      const from = i * (l + t);
      measuredValues.set(block.values.subarray(from, from + l), (block.start + i) * l);
    }
  }
  const none = new Map<string, never>();
  return {
    genes: { ids: genes.ids.slice(0, l), fields: none },
    samples: { ids: axis.ids.slice(0, samples), fields: none },
    values: measuredValues,
  };
}

beforeAll(async () => {
  browser = await openChromium();
  folder = await fileFolder();
  const models = join(folder, "models");
  const dir = await publishDgex(models);
  server = await listen({ models, log: { info: () => undefined, error: console.error }, port: 0 });
  profiles = measured();
  await writeProfiles(join(folder, "in.gctx"), profiles);
  await writeProfiles(join(folder, "one.gctx"), row(17));
  await using model = await loadModelFolder(dir, { device: "cpu" });
  await inferFile({ model, inputs: [join(folder, "in.gctx")], output: join(folder, "out.gctx") });
  batch = await targetsIn(join(folder, "out.gctx"));
});
afterAll(async () => {
  await browser?.close();
  await server.close();
});

/** One of the profiles alone. */
function row(index: number): Profiles {
  const width = profiles.genes.ids.length;
  const ids = [profiles.samples.ids[index] ?? ""];
  const own = profiles.values.slice(index * width, (index + 1) * width);
  return { genes: profiles.genes, samples: { ids, fields: new Map() }, values: own };
}

/** The inferred genes of an output file, `[samples, T]`. */
async function targetsIn(path: string): Promise<Float32Array> {
  await using source = await openExpression(path);
  const width = source.genes.ids.length;
  const rows: number[] = [];
  for await (const block of source.blocks()) {
    for (let i = 0; i < block.rows; i += 1) rows.push(...block.values.subarray((i + 1) * width - t, (i + 1) * width));
  }
  return Float32Array.from(rows);
}

function distance(got: Float32Array, expected: Float32Array): number {
  expect(got.length).toBe(expected.length);
  return expected.reduce(
    (most, value, i) => Math.max(most, Math.abs((got[i] ?? 0) - value) / (1 + Math.abs(value))),
    0,
  );
}

const post = (
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<Response> => fetch(`${server.url}${path}`, { method: "POST", body, headers });

describe("the same profiles over HTTP", () => {
  it("have the batch's values as JSON", async () => {
    const width = profiles.genes.ids.length;
    const rows = profiles.samples.ids.map((_, i) => [...profiles.values.subarray(i * width, (i + 1) * width)]);
    const body = JSON.stringify({ genes: profiles.genes.ids, values: rows });
    const response = await post("/v1/infer/dgex", body, { "Content-Type": "application/json" });
    const answer = ProfileResponse.parse(await response.json());
    const targets = answer.values.flatMap((inferred) => inferred.slice(-t));
    expect(distance(Float32Array.from(targets), batch)).toBeLessThanOrEqual(tolerance.http);
  });

  it("have the batch's values as binary tensors", async () => {
    const width = profiles.genes.ids.length;
    const x = Float32Array.from(
      profiles.samples.ids.flatMap((_, i) => [...profiles.values.subarray(i * width, i * width + l)]),
    );
    const input = {
      name: "landmarks",
      datatype: "FP32",
      shape: [samples, l],
      parameters: { binary_data_size: x.byteLength },
    };
    const output = { name: "targets", parameters: { binary_data: true } };
    const { body, headers } = message({ inputs: [input], outputs: [output] }, [x]);
    const answer = await readAnswer(await post("/v2/models/dgex/infer", body, headers));
    expect(distance(values(answer, "targets"), batch)).toBeLessThanOrEqual(tolerance.http);
  });
});

describe.each(["wasm", "webgpu"] as const)("the same profiles in Chromium on %s", (device) => {
  /** Inferred by the page: targets, `[samples, T]`. */
  async function inPage(context: TestContext, files: readonly string[]): Promise<Float32Array[]> {
    await using opened = await LandfallPage.open(needChromium(browser, context), server.url);
    const reason = await opened.runOn(device);
    if (reason !== undefined) context.skip(`WebGPU: ${reason}`);
    const results: Float32Array[] = [];
    for (const file of files) {
      await opened.chooseFile(join(folder, file));
      await opened.infer();
      results.push(await targetsIn((await opened.download(/GCTX/)).path));
    }
    expect(opened.faults).toEqual([]);
    return results;
  }

  it("have the batch's values, and a profile the same values alone as among others", async (context) => {
    const [all = new Float32Array(), one = new Float32Array()] = await inPage(context, ["in.gctx", "one.gctx"]);
    expect(distance(all, batch)).toBeLessThan(tolerance[device]);
    expect(distance(one, all.slice(17 * t, 18 * t))).toBeLessThanOrEqual(device === "wasm" ? 0 : tolerance.webgpu);
  });
});
