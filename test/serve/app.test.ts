import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ModelMetadata, OipError, PublishedModels, RepositoryIndexEntry } from "../../schemas/index.ts";
import { echoGraph, fileFolder, publishGraph, smallRepository } from "./support/repository.ts";
import { type TestServer, testServer } from "./support/server.ts";

let models: string;
let server: TestServer;
beforeAll(async () => {
  ({ models } = await smallRepository());
  await publishGraph(models, { name: "echo", graph: echoGraph() });
  server = testServer(models);
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(server.app.request(path, { headers }));
const json = async (path: string): Promise<unknown> => (await get(path)).json();

describe("health and metadata", () => {
  it("says that the server lives and is ready, and what it speaks", async () => {
    expect(await json("/v2/health/live")).toEqual({ live: true });
    expect(await json("/v2/health/ready?test_1=1")).toEqual({ live: true, ready: true });
    expect(await json("/v2")).toMatchObject({
      name: "landfall",
      extensions: expect.arrayContaining(["binary_tensor_data"]),
    });
    expect(await json("/v2/")).toEqual(await json("/v2"));
  });

  it("is not ready while it shuts down, and lets go of its connections", async () => {
    const leaving = testServer(models);
    leaving.state.ready = false;
    for (const path of ["/v2/health/ready", "/v2/models/small/ready"]) {
      const response = await leaving.app.request(path);
      expect([response.status, response.headers.get("Connection")]).toEqual([503, "close"]);
      OipError.parse(await response.json());
    }
    expect((await leaving.app.request("/v2/health/live")).status).toBe(200);
  });

  it("describes a model's tensors, variable dimensions as -1", async () => {
    const expected = {
      name: "small",
      versions: ["1", "2"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "landmarks", datatype: "FP32", shape: [-1, 24] }],
      outputs: [
        { name: "targets", datatype: "FP32", shape: [-1, 31] },
        { name: "ood", datatype: "FP32", shape: [-1, 1] },
      ],
    };
    expect(ModelMetadata.parse(await json("/v2/models/small"))).toEqual(expected);
    expect(await json("/v2/models/small/versions/2")).toEqual(expected);
  });

  it.each(["", "/ready", "/versions/9", "/versions/9/ready", "/versions/%2E%2E%2F1"])(
    "answers 404 for what is not there: /v2/models/nope%s",
    async (rest) => {
      const model = rest.includes("versions") ? "small" : "nope";
      const response = await get(`/v2/models/${model}${rest}`);
      expect(response.status).toBe(404);
      expect(OipError.parse(await response.json()).error).toMatch(/Request for unknown model/);
    },
  );

  it("lists the repository for an empty body, for {} and for those that are ready", async () => {
    const all = ["echo:1", "small:1", "small:2"];
    for (const body of ["", "{}", '{"ready":true}', '{"ready":false}']) {
      const response = await server.app.request("/v2/repository/index", { method: "POST", body });
      const entries = RepositoryIndexEntry.array().parse(await response.json());
      expect(entries.map(({ name, version }) => `${name}:${version}`)).toEqual(all);
    }
    const wrong = await server.app.request("/v2/repository/index", { method: "POST", body: '{"ready":"yes"}' });
    expect(wrong.status).toBe(400);
  });

  it("lists a version whose bytes changed as unavailable once that is known", async () => {
    const { models: damaged } = await smallRepository();
    const file = join(damaged, "small", "2", "model.onnx");
    const bytes = await readFile(file);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const other = testServer(damaged);
    const infer = await other.app.request("/v2/models/small/versions/2/infer", {
      method: "POST",
      body: new Float32Array(24),
      headers: { "Inference-Header-Content-Length": "0" },
    });
    expect([infer.status, await infer.text()]).toEqual([500, expect.not.stringContaining(damaged)]);
    expect(other.errors).toHaveLength(1);
    const ready = await other.app.request("/v2/models/small/versions/2/ready");
    expect(ready.status).toBe(503);
    const index = await other.app.request("/v2/repository/index", { method: "POST" });
    expect(await index.json()).toMatchObject([
      { version: "1", state: "READY" },
      { version: "2", state: "UNAVAILABLE" },
    ]);
    expect((await other.app.request("/v2/models/small/ready")).status).toBe(200);
  });

  it("tells people what the models are", async () => {
    const { models: listed } = PublishedModels.parse(await json("/v1/models"));
    expect(listed.map(({ name, current }) => [name, current])).toEqual([
      ["echo", 1],
      ["small", 1],
    ]);
    expect(
      listed[1]?.versions.map(({ version, aliases, landmarks, scale, mae }) => [
        version,
        aliases,
        landmarks,
        scale,
        mae,
      ]),
    ).toEqual([
      [2, [], 24, "log2", { split: "train", model: 0.3, ridge: 0.35 }],
      [1, ["production"], 24, "log2", { split: "train", model: 0.3, ridge: 0.35 }],
    ]);
    expect(await json("/v1/models/small")).toEqual(listed[1]);
    expect((await get("/v1/models/nope")).headers.get("Content-Type")).toBe("application/problem+json");
  });

  it("counts requests by route, not by what clients write", async () => {
    await get("/v2/models/whatever-1");
    await get("/v2/models/whatever-2");
    const text = await (await get("/metrics")).text();
    expect(text).toContain('landfall_requests_total{route="/v2/models/:model",method="GET",status="404"}');
    expect(text).not.toContain("whatever");
  });
});

describe("routes", () => {
  it("are all in a valid OpenAPI document, but for files", async () => {
    const document = (await json("/openapi.json")) as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.openapi).toBe("3.1.0");
    const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((m) => `${m} ${path}`),
    );
    expect(listed.toSorted()).toEqual([
      "get /metrics",
      "get /v1/models",
      "get /v1/models/{model}",
      "get /v2",
      "get /v2/health/live",
      "get /v2/health/ready",
      "get /v2/models/{model}",
      "get /v2/models/{model}/ready",
      "get /v2/models/{model}/versions/{version}",
      "get /v2/models/{model}/versions/{version}/ready",
      "post /v1/infer/{model}",
      "post /v2/models/{model}/infer",
      "post /v2/models/{model}/versions/{version}/infer",
      "post /v2/repository/index",
    ]);
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    const { components } = document as unknown as { components: { schemas: object } };
    for (const [, name] of references) expect(components.schemas).toHaveProperty(name ?? "");
  });

  it("answer 405 for another method and 404 for another path, in the form of their API", async () => {
    const wrong = await server.app.request("/v2/models/small/infer");
    expect([wrong.status, wrong.headers.get("Allow"), await wrong.json()]).toEqual([
      405,
      "POST",
      { error: "Method Not Allowed" },
    ]);
    const nowhere = await server.app.request("/v2/repository/models/small/load", { method: "POST" });
    expect([nowhere.status, await nowhere.json()]).toEqual([404, { error: expect.stringContaining("load") }]);
    expect(await json("/v1/nothing")).toMatchObject({ status: 404, title: "Not Found" });
  });

  it.each(["/v2", "/v2/models/nope", "/models/small/1/genes.tsv", "/models/small/1/nope", "/", "/nothing"])(
    "send the headers of an isolated page: %s",
    async (path) => {
      const { headers } = await get(path);
      expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
      expect(headers.get("Cross-Origin-Embedder-Policy")).toBe("require-corp");
      expect(headers.get("Cross-Origin-Resource-Policy")).toBe("same-origin");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    },
  );
});

describe("a version's files", () => {
  const file = "/models/small/1/model.onnx";

  it("are sent as they are, to be kept", async () => {
    const bytes = await readFile(join(models, "small/1/model.onnx"));
    const response = await get(file);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(response.headers.get("ETag")).toBe(`"${createHash("sha256").update(bytes).digest("hex")}"`);
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("Content-Length")).toBe(String(bytes.length));
  });

  it("are all that the manifest names, and the manifest", async () => {
    const manifest = (await json("/models/small/1/manifest.json")) as { files: { path: string; bytes: number }[] };
    expect(manifest.files.length).toBeGreaterThan(4);
    for (const { path, bytes } of manifest.files) {
      const response = await get(`/models/small/1/${path}`);
      expect([path, response.status, (await response.arrayBuffer()).byteLength]).toEqual([path, 200, bytes]);
    }
  });

  it("are not sent again to who has them", async () => {
    const tag = (await get(file)).headers.get("ETag") ?? "";
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const response = await get(file, { "If-None-Match": known });
      expect([response.status, await response.text()]).toEqual([304, ""]);
    }
    expect((await get(file, { "If-None-Match": '"other"' })).status).toBe(200);
  });

  it("are sent in ranges", async () => {
    const bytes = await readFile(join(models, "small/1/model.onnx"));
    const cases: [string, number, number][] = [
      ["bytes=0-9", 0, 10],
      ["bytes=100-", 100, bytes.length],
      ["bytes=-7", bytes.length - 7, bytes.length],
      [`bytes=5-${bytes.length + 99}`, 5, bytes.length],
    ];
    for (const [range, start, end] of cases) {
      const response = await get(file, { Range: range });
      expect([response.status, response.headers.get("Content-Range")]).toEqual([
        206,
        `bytes ${start}-${end - 1}/${bytes.length}`,
      ]);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true);
    }
    const behind = await get(file, { Range: `bytes=${bytes.length}-` });
    expect([behind.status, behind.headers.get("Content-Range")]).toEqual([416, `bytes */${bytes.length}`]);
    expect((await get(file, { Range: "bytes=0-9", "If-Range": '"other"' })).status).toBe(200);
  });

  it("can be asked for without their bytes", async () => {
    const response = await server.app.request(file, { method: "HEAD" });
    expect([response.status, Number(response.headers.get("Content-Length")) > 100, await response.text()]).toEqual([
      200,
      true,
      "",
    ]);
  });

  it.each([
    "/models/small/1/nope.txt",
    "/models/small/1/..%2f2%2fmodel.onnx",
    "/models/small/1/%2e%2e/%2e%2e/aliases.json",
    "/models/small/aliases.json/x",
    "/models/small/production/genes.tsv",
    "/models/small/9/genes.tsv",
    "/models/nope/1/genes.tsv",
    "/models/..%2Fmodels/1/genes.tsv",
  ])("are nothing else: %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it("may not run scripts", async () => {
    const policy = (await get("/models/small/1/card.md")).headers.get("Content-Security-Policy");
    expect(policy).toMatch(/default-src 'none'.*sandbox/);
  });
});

describe("the page", () => {
  it("is said to be missing where it is not built", async () => {
    const response = await get("/");
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("npm run build")]);
  });

  it("is sent from the folder that was built, with its policy", async () => {
    const folder = await fileFolder();
    await mkdir(join(folder, "assets"));
    await writeFile(join(folder, "index.html"), "<h1>Landfall</h1>");
    await writeFile(join(folder, "assets", "app-1a2b.js"), "export {}");
    await writeFile(join(folder, "assets", "ort-1a2b.wasm"), "wasm");
    const { app } = testServer(models, { pageDir: folder });
    const page = await app.request("/");
    expect([page.status, await page.text(), page.headers.get("Cache-Control")]).toEqual([
      200,
      "<h1>Landfall</h1>",
      "no-cache",
    ]);
    expect(page.headers.get("Content-Security-Policy")).toContain("'wasm-unsafe-eval'");
    expect((await app.request("/assets/app-1a2b.js")).headers.get("Cache-Control")).toContain("immutable");
    expect((await app.request("/assets/ort-1a2b.wasm")).headers.get("Content-Type")).toBe("application/wasm");
    expect((await app.request("/assets/nope.js")).status).toBe(404);
    expect((await app.request("/%2e%2e/package.json")).status).toBe(404);
    expect((await app.request("/v2")).status).toBe(200);
    expect((await app.request("/v1/nothing", { method: "POST" })).status).toBe(404);
  });
});
