/** Which of a model's graphs the server runs, and that it says so. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import type { PrecisionChoice } from "../../infer/variant.ts";
import { publishVersion } from "../../registry/publish.ts";
import { ProfileResponse, PublishedModel } from "../../schemas/index.ts";
import { listen } from "../../serve/listen.ts";
import { openModel } from "../../serve/open-model.ts";
import { makeVariantModel, profileCount, type VariantModel } from "../export/support/variant-model.ts";
import { echoGraph, fileFolder, publishGraph, smallRepository } from "./support/repository.ts";
import { type TestServer, testServer } from "./support/server.ts";

let models: string;
let model: VariantModel;
beforeAll(async () => {
  ({ models } = await smallRepository());
  model = await makeVariantModel(await fileFolder());
  await publishVersion({ from: model.dir, models, name: "variants", who: "test" });
  await publishGraph(models, { name: "echo", graph: echoGraph() });
});

const serverOf = (precision: PrecisionChoice): TestServer =>
  testServer(models, { open: (dir) => openModel(dir, { device: "cpu", threads: 1, precision }) });

function profileRequest(): {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
} {
  const { genes, profiles } = model;
  const values = Array.from({ length: profileCount }, (_, row) =>
    Array.from(profiles.subarray(row * genes.length, (row + 1) * genes.length)),
  );
  return {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ genes, values }),
  };
}

describe.each(["fp32", "fp16", "int8", "int4", "auto"] as const)("--precision %s", (precision) => {
  it("serves that graph's results to the bit, and names it in answers and in the list of models", async () => {
    const { app } = serverOf(precision);
    const before = PublishedModel.parse(await (await app.request("/v1/models/variants")).json());
    expect(before.versions[0]).toMatchObject({ precisions: ["fp32", "fp16", "int8", "int4"] });
    expect(before.versions[0]?.loaded).toBeUndefined();
    const answer = ProfileResponse.parse(await (await app.request("/v1/infer/variants", profileRequest())).json());
    await using predictor = await loadModelFolder(model.dir, { device: "cpu", threads: 1, precision });
    const expected = await predictor.predict({ genes: model.genes, values: model.profiles });
    expect(answer.precision).toBe(predictor.precision);
    expect(Float32Array.from(answer.values.flat(), Number)).toEqual(expected.values);
    const after = PublishedModel.parse(await (await app.request("/v1/models/variants")).json());
    expect(after.versions[0]?.loaded).toEqual({ provider: "cpu", precision: predictor.precision });
  });
});

describe("a precision that a model lacks", () => {
  it("is the server's fault, not the request's", async () => {
    const { app } = serverOf("int8");
    for (const name of ["small", "echo"]) {
      const response = await app.request(`/v2/models/${name}/infer`, { method: "POST", body: '{"inputs":[]}' });
      expect([name, response.status, await response.text()]).toEqual([
        name,
        503,
        expect.stringMatching(/variants?.*expected fp32.*--precision auto or fp32/),
      ]);
      expect((await app.request(`/v2/models/${name}/ready`)).status).toBe(503);
    }
  });

  it("gives way to float32 where the server chooses for itself", async () => {
    for (const name of ["small", "echo"]) {
      await using served = await openModel(join(models, name, "1"), { device: "cpu", threads: 1, precision: "auto" });
      expect(served.facts).toMatchObject({ provider: "cpu", precision: "fp32" });
    }
  });
});

it("refuses a variant whose golden results are not its own, naming provider, variant and largest difference", async () => {
  const broken = (await smallRepository()).models;
  const { dir } = await publishVersion({ from: model.dir, models: broken, name: "broken", who: "test" });
  const path = join(dir, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  for (const { precision, golden } of manifest.variants) if (precision === "int8") golden.ood[0] += 1;
  await writeFile(path, JSON.stringify(manifest));
  const { app, errors } = testServer(broken, {
    open: (place) => openModel(place, { device: "cpu", threads: 1, precision: "int8" }),
  });
  expect((await app.request("/v1/infer/broken", profileRequest())).status).toBe(500);
  expect(JSON.stringify(errors.map((entry) => String((entry as { err: unknown }).err)))).toMatch(
    /int8 graph gives other results on cpu.*largest difference 0\.\d+/,
  );
});

describe("a server with a port", () => {
  const log: object[] = [];
  let close: () => Promise<void>;
  afterAll(() => close());

  it("gives its precision to the models' threads, and logs which graph was loaded", async () => {
    const server = await listen({
      models,
      port: 0,
      device: "cpu",
      threads: 1,
      precision: "auto",
      log: { info: (facts, text) => log.push({ ...facts, text }), error: console.error },
    });
    close = () => server.close();
    const response = await fetch(`${server.url}/v1/infer/variants`, profileRequest());
    expect(ProfileResponse.parse(await response.json()).precision).toBe("int8");
    expect(log).toMatchObject([{ text: "model loaded", model: "variants", provider: "cpu", precision: "int8" }]);
  });
});
