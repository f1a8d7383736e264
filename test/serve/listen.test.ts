import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import { type Listening, type ListenOptions, listen } from "../../serve/listen.ts";
import { sizes, trainingLike } from "../infer/support/small-model.ts";
import { message, readAnswer, values } from "./support/oip-message.ts";
import { deepGraph, publishGraph, smallRepository } from "./support/repository.ts";

const { landmarks: l, targets: t } = sizes;
let models: string;
let dir: string;
beforeAll(async () => {
  const repository = await smallRepository();
  ({ models } = repository);
  ({ dir } = repository.small);
  // 200 layers of 256: a tenth of a second for the rows below.
  await publishGraph(models, { name: "deep", graph: deepGraph(200) });
});

let servers: Listening[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(servers.map((server) => server.close({ graceMs: 5000 })));
  servers = [];
});

async function start(options: Partial<ListenOptions> = {}): Promise<Listening> {
  const log = { info: () => undefined, error: () => undefined };
  const server = await listen({ models, log, port: 0, device: "cpu", threads: 1, ...options });
  servers.push(server);
  return server;
}

const tensors = (rows: number, seed = 3) => {
  const x = trainingLike(rows, seed);
  const input = {
    name: "landmarks",
    shape: [rows, l],
    datatype: "FP32",
    parameters: { binary_data_size: x.byteLength },
  };
  return { method: "POST", ...message({ inputs: [input], parameters: { binary_data_output: true } }, [x]) };
};
const deepRows = 300;
/** A run of a tenth of a second or more. */
const deep = () => ({
  method: "POST",
  body: new Float32Array(deepRows * 256).fill(0.5),
  headers: { "Inference-Header-Content-Length": "0" },
});

it("serves the predictor's bits from a thread, one request or many at once", async () => {
  const { url } = await start();
  const predictor = await loadModelFolder(dir, { device: "cpu", threads: 1 });
  const answers = await Promise.all(
    Array.from({ length: 12 }, async (_, i) =>
      readAnswer(await fetch(`${url}/v2/models/small/infer`, tensors(1 + (i % 4), i))),
    ),
  );
  for (const [i, answer] of answers.entries()) {
    const data = trainingLike(1 + (i % 4), i);
    const feeds = { landmarks: { type: "float32", dims: [1 + (i % 4), l], data } } as const;
    const { targets, ood } = await predictor.session.run(feeds);
    expect(values(answer, "targets")).toEqual(targets?.data);
    expect(values(answer, "ood")).toEqual(ood?.data);
  }
  await predictor[Symbol.asyncDispose]();
});

it("answers JSON over the wire, and profiles", async () => {
  const { url } = await start();
  const x = trainingLike(1, 5);
  const genes = Array.from({ length: l }, (_, i) => `LMK${i}`);
  const body = JSON.stringify({ genes, values: [[...x]] });
  const response = await fetch(`${url}/v1/infer/small`, {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json" },
  });
  const { values: rows } = (await response.json()) as { values: number[][] };
  expect(Float32Array.from(rows[0]?.slice(0, l) ?? [])).toEqual(x);
});

it("answers health probes while a model runs", async () => {
  const { url } = await start();
  await readAnswer(await fetch(`${url}/v2/models/deep/infer`, deep()));
  const state = { done: false };
  const run = fetch(`${url}/v2/models/deep/infer`, deep()).then(async (response) => {
    await response.arrayBuffer();
    state.done = true;
    return response.status;
  });
  const millis: number[] = [];
  while (!state.done) {
    const startedMs = performance.now();
    const probe = await fetch(`${url}/v2/health/${millis.length % 2 === 0 ? "live" : "ready"}`);
    await probe.arrayBuffer();
    expect(probe.status).toBe(200);
    // Those that ended before the run did: an event loop that the run held up would answer none.
    if (!state.done) millis.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(await run).toBe(200);
  // A held up event loop answers one at most, together with the run.
  expect(millis.length).toBeGreaterThan(2);
  const sorted = millis.toSorted((a, b) => a - b);
  console.info(
    `${millis.length} probes during one run, p99 ${sorted[Math.floor(0.99 * millis.length)]?.toFixed(1)} ms`,
  );
});

describe("a body past every limit", () => {
  /** Sends up to 5 GiB in one reused piece until the server answers or hangs up. */
  function send5GiB(
    url: string,
    path: string,
    chunked: boolean,
  ): Promise<{ status: number | undefined; sent: number }> {
    const total = 5 * 2 ** 30;
    const piece = Buffer.alloc(2 ** 20, 32);
    return new Promise((resolve) => {
      let sent = 0;
      let status: number | undefined;
      const headers = chunked ? {} : { "Content-Length": String(total) };
      const request = httpRequest(`${url}${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
      });
      request.on("response", (response) => {
        status = response.statusCode;
        response.resume();
      });
      const end = (): void => resolve({ status, sent });
      request.on("error", end);
      request.on("close", end);
      const write = (): void => {
        while (sent < total && !request.destroyed) {
          sent += piece.length;
          if (!request.write(piece)) {
            request.once("drain", write);
            return;
          }
        }
        request.end();
      };
      write();
    });
  }

  it.each([
    ["/v2/models/small/infer", false],
    ["/v2/models/small/infer", true],
    ["/v1/infer/small", true],
    ["/v2/repository/index", true],
  ])("is refused with 413, and the server lives: %s, chunked %s", async (path, chunked) => {
    const { url } = await start({ limits: { maxBodyBytes: 2 ** 20 } });
    const { status, sent } = await send5GiB(url, path, chunked);
    expect(status).toBe(413);
    // Some are under way when the answer comes; 5 GiB are not.
    expect(sent).toBeLessThan(2 ** 30);
    expect((await fetch(`${url}/v2/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/v2/models/small/infer`, tensors(1))).status).toBe(200);
  });

  it("is not waited for when it is shorter than it says", async () => {
    const { url } = await start();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.end(`POST /v2/models/small/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nshort`);
    await new Promise((resolve) => socket.on("close", resolve).resume());
    expect((await fetch(`${url}/v2/health/live`)).status).toBe(200);
  });
});

describe("the end", () => {
  it("comes after the requests in flight: readiness first, then the port", async () => {
    const server = await start();
    const { headers, body } = tensors(3);
    const request = httpRequest(`${server.url}/v2/models/small/infer`, {
      method: "POST",
      headers: { ...headers, "Content-Length": String(body.byteLength), Expect: "100-continue" },
    });
    request.flushHeaders();
    // The server has begun with it, and waits for its body.
    await once(request, "continue");
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const closed = server.close({ noticeMs: 200, graceMs: 120_000 });
    const ready = await fetch(`${server.url}/v2/health/ready`);
    expect([ready.status, (await fetch(`${server.url}/v2/health/live`)).status]).toEqual([503, 200]);
    await vi.advanceTimersByTimeAsync(200);
    await expect(fetch(`${server.url}/v2/health/live`)).rejects.toThrow("fetch failed");
    request.end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect([response.statusCode, response.headers.connection]).toEqual([200, "close"]);
    const sent = { headers: response.headers as Record<string, string> };
    expect(values(await readAnswer(new Response(await buffer(response), sent)), "targets")).toHaveLength(3 * t);
    await closed;
  });

  it("does not wait longer than the grace for a client that never finishes", async () => {
    const server = await start();
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write("POST /v2/models/small/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nnever");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const cut = new Promise((resolve) => socket.on("close", resolve).on("error", resolve).resume());
    await server.close({ graceMs: 50 });
    await cut;
  });
});

it("says so when the port is taken", async () => {
  const { url } = await start();
  const port = Number(new URL(url).port);
  await expect(start({ port })).rejects.toMatchObject({
    tag: "unavailable",
    message: expect.stringContaining("taken"),
  });
});
