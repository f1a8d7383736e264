/**
 * What is exported runs on every host. Here: onnxruntime-node's CPU provider and onnxruntime-web's WebAssembly in Node;
 * in Chromium: test/browser/hosts.test.ts. Oracles: tfjs for random nets, for variants onnxruntime-node on the same file.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-web";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { layerClasses } from "../../export/lower/registry.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import type { PrecisionChoice } from "../../infer/variant.ts";
import { openSession } from "../../runtime/node/open.ts";
import { serialSession } from "../../runtime/serial-session.ts";
import type { SessionHost } from "../../runtime/session.ts";
import { ExpressionManifest } from "../../schemas/index.ts";
import { createApi } from "../../web/api.ts";
import { matrixRows } from "../../web/matrix-rows.ts";
import { openOrtWebEngine } from "../../web/ort-engine.ts";
import { failure } from "../infer/support/batch-fixture.ts";
import { type Change, nodeHost, origin } from "../web/support/node-host.ts";
import {
  askedPrecisions,
  hostDifference,
  makeVariantModel,
  profileCount,
  toleranceOn,
  type VariantModel,
  webAuto,
} from "./support/variant-model.ts";
import { specimen } from "./zoo/architecture.ts";
import { toleranceOf } from "./zoo/compare.ts";
import { differenceOn, exportSpecimen } from "./zoo/exported.ts";
import { hostSample } from "./zoo/host-sample.ts";

let folder: string;
let model: VariantModel;
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "fatal";
  folder = await mkdtemp(join(tmpdir(), "landfall-hosts-"));
  model = await makeVariantModel(folder);
});
afterAll(() => rm(folder, { recursive: true }));

async function onWasm(bytes: Uint8Array<ArrayBuffer>): Promise<SessionHost> {
  const graph = { bytes, externalData: [] };
  const tried = [{ provider: "wasm", ok: true }] as const;
  return serialSession(await openOrtWebEngine(ort, { graph, provider: "wasm", tried }));
}

describe("random nets", () => {
  test("of the hosts' sample hold every class of the registry", () => {
    const met = new Set(hostSample.flatMap((seed) => [...specimen(seed).classes]));
    expect(layerClasses.filter((name) => !met.has(name))).toEqual([]);
  });

  test.each(hostSample)("architecture %i answers as tfjs does on the CPU and on WebAssembly", async (seed) => {
    const exported = await exportSpecimen(seed);
    const tolerance = toleranceOf(exported.made);
    await using node = await openSession({ bytes: exported.bytes }, { device: "cpu", threads: 1 });
    expect(await differenceOn(node, exported)).toBeLessThan(tolerance);
    await using web = await onWasm(exported.bytes);
    expect(await differenceOn(web, exported)).toBeLessThan(tolerance);
  });
});

/** The page's functions in Node, with the model loaded; every file that was asked for. */
async function loadedByPage(precision: PrecisionChoice, change: Change = (_path, bytes) => bytes) {
  const asked: string[] = [];
  const host = nodeHost(folder, (path, bytes) => {
    asked.push(path);
    return change(path, bytes);
  });
  const api = createApi(host);
  const loaded = await api.load({ url: `${origin}model/`, device: "wasm", precision }, {});
  return { api, loaded, asked };
}

describe.each(askedPrecisions)("the precision %s", (precision) => {
  test("is loaded by onnxruntime-node, and gives the file's results", async () => {
    await using predictor = await loadModelFolder(model.dir, { device: "cpu", precision });
    expect(predictor.precision).toBe(precision === "auto" ? "int8" : precision);
    const { genes, profiles } = model;
    const predicted = await predictor.predict({ genes, values: profiles });
    expect(hostDifference(predicted, await model.reference({ precision, provider: "cpu" }))).toBe(0);
  });

  test("is loaded by onnxruntime-web on WebAssembly, alone, and agrees with onnxruntime-node on the same file", async () => {
    const { api, loaded, asked } = await loadedByPage(precision);
    const choice = { precision, provider: "wasm" } as const;
    expect(loaded).toMatchObject({ provider: "wasm", precision: precision === "auto" ? webAuto.wasm : precision });
    expect(asked.filter((path) => path.endsWith(".onnx"))).toHaveLength(1);
    const inferred = await api.predict({ input: { genes: model.genes, values: model.profiles } }, {});
    const values = await matrixRows(inferred, 0, profileCount);
    const difference = hostDifference({ values, ood: inferred.ood }, await model.reference(choice));
    expect(difference).toBeLessThanOrEqual(toleranceOn(model.manifest, choice));
  });
});

/** The manifest with a golden result of int8 far off, on its way to the page. */
const wrongGolden: Change = (path, bytes) => {
  if (!path.endsWith("manifest.json")) return bytes;
  const manifest = ExpressionManifest.parse(JSON.parse(new TextDecoder().decode(bytes)));
  for (const { precision, golden } of manifest.variants ?? [])
    if (precision === "int8") (golden.targets[0] as number[])[2] = 1e3;
  return new TextEncoder().encode(JSON.stringify(manifest));
};

describe("a variant that a host computes otherwise", () => {
  test.each(["int8", "auto"] as const)(
    "is an error that names host, variant and largest difference (%s)",
    async (one) => {
      const error = await failure(loadedByPage(one, wrongGolden));
      expect(error.tag).toBe("bad-model");
      expect(error.message).toMatch(/int8 graph gives other results on wasm.*1 values.*largest difference 0\.99/);
    },
  );

  test("leaves the other graphs of the model usable", async () => {
    expect((await loadedByPage("fp16", wrongGolden)).loaded.precision).toBe("fp16");
  });

  test("is found by a changed byte before it runs", async () => {
    const flipped: Change = (path, bytes) => {
      if (path.endsWith("int8.onnx")) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    };
    expect((await failure(loadedByPage("auto", flipped))).message).toMatch(/not those that were published/);
  });
});

test("a precision that the model lacks is refused in the page too, telling which it has", async () => {
  const manifest = JSON.parse(await readFile(join(model.dir, "manifest.json"), "utf8"));
  const bare = new TextEncoder().encode(JSON.stringify({ ...manifest, variants: [] }));
  const change: Change = (path, bytes) => (path.endsWith("manifest.json") ? bare : bytes);
  expect(await failure(loadedByPage("int4", change))).toMatchObject({ tag: "usage", fault: { expected: "fp32" } });
  expect((await loadedByPage("auto", change)).loaded.precision).toBe("fp32");
});
