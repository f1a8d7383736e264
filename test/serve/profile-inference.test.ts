import { hc } from "hono/client";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import type { Predictor } from "../../infer/predictor.ts";
import { Problem, ProfileResponse } from "../../schemas/index.ts";
import type { App } from "../../serve/app.ts";
import { makeProfiles, type Profiles, withoutGenes } from "../infer/support/profiles.ts";
import { sizes, trainingLike } from "../infer/support/small-model.ts";
import { message, readAnswer, values } from "./support/oip-message.ts";
import { echoGraph, publishGraph, smallRepository } from "./support/repository.ts";
import { type TestServer, testServer } from "./support/server.ts";

const { landmarks: l, targets: t } = sizes;
let server: TestServer;
let predictor: Predictor;
beforeAll(async () => {
  const { models, small } = await smallRepository();
  await publishGraph(models, { name: "echo", graph: echoGraph() });
  server = testServer(models);
  predictor = await loadModelFolder(small.dir, { device: "cpu", threads: 1 });
});
afterAll(() => predictor[Symbol.asyncDispose]());

/** Profiles as a request has them: null for NaN. */
function requestOf({ genes, samples, values: matrix }: Profiles, options: object = {}): object {
  const width = genes.ids.length;
  const rows = samples.ids.map((_, i) =>
    Array.from(matrix.subarray(i * width, (i + 1) * width), (value) => (Number.isNaN(value) ? null : value)),
  );
  return { genes: genes.ids, samples: samples.ids, values: rows, ...options };
}

const send = (body: object | string, { model = "small", type = "application/json" } = {}): Promise<Response> =>
  Promise.resolve(
    server.app.request(`/v1/infer/${model}`, {
      method: "POST",
      headers: type === "" ? {} : { "Content-Type": type },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );

async function inferred(body: object): Promise<ProfileResponse> {
  const response = await send(body);
  expect(response.status).toBe(200);
  return ProfileResponse.parse(await response.json());
}

const flat = (rows: readonly (readonly (number | null)[])[]): Float32Array =>
  Float32Array.from(rows.flat(), (value) => value ?? Number.NaN);

describe.each([
  ["as they are", {}],
  ["in z scores", { scale: "z" }],
  ["harmonised", { harmonise: "quantile" }],
] as const)("profiles %s", (_, options) => {
  it("come out as the predictor gives them, to the bit", async () => {
    const profiles = makeProfiles({ samples: 5 });
    profiles.values[3] = Number.NaN;
    const { genes, samples, values: matrix } = profiles;
    const expected = await predictor.predict({ genes: genes.ids, samples: samples.ids, values: matrix, options });
    const got = await inferred(requestOf(profiles, options));
    expect(got.genes).toEqual(expected.genes.ids);
    expect(got.samples).toEqual(expected.samples);
    expect(flat(got.values)).toEqual(expected.values);
    expect(Float32Array.from(got.ood)).toEqual(expected.ood);
    expect(got.missing).toEqual({ landmarks: [], perSample: [...expected.missing] });
    expect(got).toMatchObject({ model: "small", version: 1, contentHash: predictor.manifest.contentHash, ...options });
  });
});

it("gives the same bits through JSON and through binary tensors", async () => {
  const x = trainingLike(4, 77);
  const ids = predictor.genes.slice(0, l).map(({ id }) => id);
  const profiles: Profiles = {
    genes: { ids, fields: new Map() },
    samples: { ids: ["a", "b", "c", "d"], fields: new Map() },
    values: x,
  };
  const json = await inferred(requestOf(profiles));
  const sent = message(
    {
      inputs: [{ name: "landmarks", shape: [4, l], datatype: "FP32", parameters: { binary_data_size: x.byteLength } }],
      parameters: { binary_data_output: true },
    },
    [x],
  );
  const binary = await readAnswer(await server.app.request("/v2/models/small/infer", { method: "POST", ...sent }));
  expect(flat(json.values.map((row) => row.slice(-t)))).toEqual(values(binary, "targets"));
  expect(Float32Array.from(json.ood)).toEqual(values(binary, "ood"));
});

it("finds genes by other ids, and imputes and names those that are missing", async () => {
  const entrez = makeProfiles({ samples: 3, ids: "entrez" });
  expect((await inferred(requestOf(entrez))).missing.landmarks).toEqual([]);
  const lacking = withoutGenes(makeProfiles({ samples: 3 }), ["LMK5"]);
  const got = await inferred(requestOf(lacking));
  expect(got.missing).toEqual({ landmarks: ["LMK5"], perSample: [1, 1, 1] });
  expect([got.measured[4], got.measured[5], got.measured.at(-1)]).toEqual([true, false, false]);
});

it("gives a profile the same bits alone as beside others that run with it", async () => {
  const requests = Array.from({ length: 8 }, (_, i) =>
    requestOf(makeProfiles({ samples: 1 + (i % 3), seed: 100 + i })),
  );
  const runs = async (): Promise<number> => {
    const text = await (await server.app.request("/metrics")).text();
    return Number(/landfall_runs_total\{[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  const alone: string[] = [];
  for (const request of requests) alone.push(await (await send(request)).text());
  const before = await runs();
  const bad = { genes: ["LMK1"], values: [[1]] };
  const together = await Promise.all([...requests, bad].map((request) => send(request)));
  expect(together.map(({ status }) => status)).toEqual([...requests.map(() => 200), 400]);
  expect(await Promise.all(together.slice(0, -1).map((response) => response.text()))).toEqual(alone);
  // Fewer batches than requests: some did run with others.
  expect((await runs()) - before).toBeLessThan(requests.length);
});

it("answers a typed client", async () => {
  const client = hc<App>("http://x", {
    fetch: (input: string | URL | Request, init?: RequestInit) =>
      Promise.resolve(server.app.request(input instanceof URL ? input.href : input, init)),
  });
  const { genes, samples, values: matrix } = makeProfiles({ samples: 1 });
  const response = await client.v1.infer[":model"].$post({
    param: { model: "small@production" },
    json: { genes: [...genes.ids], samples: [...samples.ids], values: [[...matrix]] },
  });
  if (response.status !== 200) throw new Error(await response.text());
  const body = await response.json();
  expectTypeOf(body.values).toEqualTypeOf<(number | null)[][]>();
  expect(body.values[0]).toHaveLength(body.genes.length);
  const models = await (await client.v1.models.$get()).json();
  expectTypeOf(models.models[0]?.versions[0]?.scale).toEqualTypeOf<
    "counts" | "linear" | "log2" | "zscore" | "log2fc" | undefined
  >();
  expect(models.models.map(({ name }) => name)).toEqual(["echo", "small"]);
});

describe("refuses, as a problem (RFC 9457),", () => {
  const profiles = makeProfiles({ samples: 2 });
  const wide = requestOf(profiles) as { genes: string[]; values: number[][] };
  const counts = {
    ...wide,
    values: wide.values.map((row) => row.map((value, i) => Math.round(2 ** value * (1 + (i % 7))))),
  };
  const cases: Record<string, readonly [() => Promise<Response>, number, RegExp, string?]> = {
    "an unknown model": [
      () => send(wide, { model: "nope" }),
      404,
      /Request for unknown model: 'nope'/,
      "unknown-model",
    ],
    "an unknown version": [() => send(wide, { model: "small:9" }), 404, /small:9/, "unknown-model"],
    "no JSON": [() => send("{"), 400, /JSON/],
    "no content type": [() => send(wide, { type: "" }), 415, /Unsupported/],
    "another content type": [() => send(wide, { type: "text/plain" }), 415, /Unsupported/],
    "no genes": [() => send({ ...wide, genes: [] }), 400, /genes/],
    "no profiles": [() => send({ ...wide, values: [] }), 400, /values/],
    "an unknown field": [() => send({ ...wide, harmonize: "none" }), 400, /harmonize/],
    "a cohort": [() => send({ ...wide, harmonise: "cohort" }), 400, /harmonise/],
    "values that are text": [() => send({ ...wide, values: [["1"]] }), 400, /values/],
    "rows of another length": [
      () => send({ ...wide, values: [[1], ...wide.values] }),
      400,
      /values\[0\] has 1 values/,
      "bad-data",
    ],
    "samples of another number": [() => send({ ...wide, samples: ["a"] }), 400, /samples has 1 names/, "bad-data"],
    "genes twice": [
      () => send({ ...wide, genes: wide.genes.map((gene, i) => (i === 1 ? "LMK0" : gene)) }),
      400,
      /several rows.*LMK0/,
      "bad-data",
    ],
    "too few landmarks": [
      () => send({ genes: ["LMK1", "X"], values: [[1, 2]] }),
      400,
      /landmarks are missing/,
      "bad-data",
    ],
    "infinite values": [
      () => send({ ...wide, values: wide.values.map((row) => row.map(() => 1e39)) }),
      400,
      /infinite/,
      "bad-data",
    ],
    counts: [() => send(counts), 422, /counts/, "scale-mismatch"],
    "a model without genes": [() => send(wide, { model: "echo" }), 400, /\/v2\/models/, "usage"],
  };
  it.each(Object.entries(cases))("%s", async (_, [request, status, text, tag]) => {
    const response = await request();
    expect([response.status, response.headers.get("Content-Type")]).toEqual([status, "application/problem+json"]);
    const problem = Problem.parse(await response.json());
    expect(problem).toMatchObject({ status, detail: expect.stringMatching(text), ...(tag !== undefined && { tag }) });
  });
});
