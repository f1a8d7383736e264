import { deflateSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import type { Limits } from "../../serve/limits.ts";
import { openModel } from "../../serve/open-model.ts";
import type { Answer, Job, ServedModel } from "../../serve/served-model.ts";
import { sizes, trainingLike } from "../infer/support/small-model.ts";
import { message, readAnswer } from "./support/oip-message.ts";
import { smallRepository } from "./support/repository.ts";
import { testServer } from "./support/server.ts";

const { landmarks: l, targets: t } = sizes;
let models: string;
beforeAll(async () => {
  ({ models } = await smallRepository());
});

const infer = "/v2/models/small/infer";
const posts = ["/v2/models/small/infer", "/v2/repository/index", "/v1/infer/small"];

/** A body that never ends, counting what was taken of it. */
function endless(): {
  readonly body: ReadableStream<Uint8Array>;
  readonly taken: () => number;
  readonly cancelled: () => boolean;
} {
  let taken = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
    cancel() {
      cancelled = true;
    },
  });
  return { body, taken: () => taken, cancelled: () => cancelled };
}

function streamed(body: ReadableStream<Uint8Array>, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body, headers, duplex: "half" };
}

const tensors = (rows: number, request: object = {}) => {
  const x = trainingLike(rows, 3);
  return message(
    {
      inputs: [
        { name: "landmarks", shape: [rows, l], datatype: "FP32", parameters: { binary_data_size: x.byteLength } },
      ],
      ...request,
    },
    [x],
  );
};
const profiles = (rows: number, genes = ["LMK1"]): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ genes, values: Array.from({ length: rows }, () => genes.map(() => 5)), maxMissing: 1 }),
});

describe("a body past the limit", () => {
  const limits = { maxBodyBytes: 200_000 };
  const headers = { "Content-Type": "application/json" };

  it.each(posts)("is refused by what it declares, unread: %s", async (path) => {
    const { body, taken } = endless();
    const declared = { ...headers, "Content-Length": String(5 * 2 ** 30) };
    const response = await testServer(models, { limits }).app.request(path, streamed(body, declared));
    expect(response.status).toBe(413);
    // The stream's own queue asks for the first piece.
    expect(taken()).toBeLessThanOrEqual(65_536);
  });

  it.each(posts)("is refused when it is streamed, and read no further: %s", async (path) => {
    const { body, taken, cancelled } = endless();
    const response = await testServer(models, { limits }).app.request(path, streamed(body, headers));
    expect(response.status).toBe(413);
    expect(taken()).toBeLessThan(6 * 65_536);
    expect(cancelled()).toBe(true);
  });

  it.each(["gzip", "deflate"] as const)("is refused when it unpacks to more: %s", async (encoding) => {
    const zeros = new Uint8Array(50 * 2 ** 20);
    const body = Uint8Array.from(encoding === "gzip" ? gzipSync(zeros) : deflateSync(zeros));
    expect(body.byteLength).toBeLessThan(limits.maxBodyBytes);
    const { app } = testServer(models, { limits });
    const response = await app.request(infer, { method: "POST", body, headers: { "Content-Encoding": encoding } });
    expect([response.status, (await readAnswer(response)).json.error]).toEqual([
      413,
      expect.stringContaining("195 KiB"),
    ]);
  });

  it("is told from one that just fits", async () => {
    const { body, headers: sent } = tensors(4);
    const exact = testServer(models, { limits: { maxBodyBytes: body.byteLength } });
    const short = testServer(models, { limits: { maxBodyBytes: body.byteLength - 1 } });
    const request = { method: "POST", body, headers: sent };
    expect((await exact.app.request(infer, request)).status).toBe(200);
    expect((await short.app.request(infer, request)).status).toBe(413);
  });

  it("is counted, whatever shorter length it declares", async () => {
    const { body, headers: sent } = tensors(4);
    const { app } = testServer(models, { limits: { maxBodyBytes: 100 } });
    const request = { method: "POST", body, headers: { ...sent, "Content-Length": "10" } };
    expect((await app.request(infer, request)).status).toBe(413);
  });
});

it("refuses bodies that together would fill the memory, and takes them again afterwards", async () => {
  const { app } = testServer(models, { limits: { maxBodiesBytes: 100_000 } });
  let finish: () => void = () => undefined;
  let asked: () => void = () => undefined;
  const isRead = new Promise<void>((resolve) => (asked = resolve));
  const slow = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        finish = () => controller.close();
        asked();
      },
    },
    // Pulled only when somebody reads.
    { highWaterMark: 0 },
  );
  const first = Promise.resolve(app.request(infer, streamed(slow)));
  const { body, headers } = tensors(1);
  const declared = { ...headers, "Content-Length": String(body.byteLength) };
  await isRead;
  const second = await app.request(infer, { method: "POST", body, headers: declared });
  expect([second.status, second.headers.get("Retry-After")]).toEqual([503, "1"]);
  finish();
  expect((await first).status).toBe(400);
  expect((await app.request(infer, { method: "POST", body, headers: declared })).status).toBe(200);
});

describe("a request of too much", () => {
  const refused: Record<string, readonly [Partial<Limits>, string, () => RequestInit, RegExp]> = {
    "rows of tensors": [{ maxRows: 3 }, infer, () => ({ method: "POST", ...tensors(4) }), /4 rows, the limit is 3/],
    "rows of raw bytes": [
      { maxRows: 3 },
      infer,
      () => ({ method: "POST", body: trainingLike(4, 1), headers: { "Inference-Header-Content-Length": "0" } }),
      /4 rows, the limit is 3/,
    ],
    profiles: [{ maxRows: 3 }, "/v1/infer/small", () => profiles(4), /4 profiles, the limit is 3/],
    "JSON out": [
      { maxJsonNumbers: 4 * (t + 1) - 1 },
      infer,
      () => ({ method: "POST", ...tensors(4) }),
      /ask for binary/,
    ],
    "JSON profiles out": [{ maxJsonNumbers: 99 }, "/v1/infer/small", () => profiles(4), /ask for binary/],
    "JSON in": [
      { maxJsonBytes: 500 },
      infer,
      () => ({ method: "POST", body: JSON.stringify({ inputs: [], pad: "x".repeat(500) }) }),
      /send binary tensors/,
    ],
  };
  it.each(Object.entries(refused))("is refused before it runs: %s", async (_, [limits, path, request, text]) => {
    const jobs: Job[] = [];
    const open = async (dir: string): Promise<ServedModel> => {
      const model = await openModel(dir, { device: "cpu", threads: 1 });
      return { ...model, run: (batch) => (jobs.push(...batch), model.run(batch)) };
    };
    const response = await testServer(models, { limits, open }).app.request(path, request());
    const body = (await response.json()) as { error?: string; detail?: string };
    expect(response.status).toBe(413);
    expect(body.error ?? body.detail).toMatch(text);
    expect(jobs).toEqual([]);
  });

  it("is not one when the outputs are binary", async () => {
    const { app } = testServer(models, { limits: { maxJsonNumbers: 1 } });
    const sent = tensors(4, { parameters: { binary_data_output: true } });
    expect((await app.request(infer, { method: "POST", ...sent })).status).toBe(200);
  });
});

describe("a model that takes long", () => {
  /** A model that runs when it is told to. */
  function heldModel(): {
    readonly open: (dir: string) => Promise<ServedModel>;
    readonly batches: (readonly Job[])[];
    release: () => void;
  } {
    const batches: (readonly Job[])[] = [];
    const waiting: (() => void)[] = [];
    const open = async (dir: string): Promise<ServedModel> => {
      const model = await openModel(dir, { device: "cpu", threads: 1 });
      const run = async (jobs: readonly Job[]): Promise<readonly Answer[]> => {
        batches.push(jobs);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return model.run(jobs);
      };
      return { ...model, run };
    };
    return { open, batches, release: () => waiting.shift()?.() };
  }
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  /** Whether so many profiles wait before the model. */
  const queued = async ({ app }: ReturnType<typeof testServer>, rows: number): Promise<boolean> => {
    const metrics = await (await app.request("/metrics")).text();
    return new RegExp(`^landfall_queued_profiles\\{.*\\} ${rows}$`, "m").test(metrics);
  };
  const send = (server: ReturnType<typeof testServer>, rows = 1, init: RequestInit = {}) =>
    Promise.resolve(server.app.request(infer, { method: "POST", ...tensors(rows), ...init }));

  it("refuses what its queue cannot take, saying when to come back, and answers the others", async () => {
    const held = heldModel();
    const server = testServer(models, { open: held.open, limits: { maxQueuedRows: 3 } });
    const running = send(server);
    await until(() => held.batches.length === 1);
    const waiting = [send(server, 2), send(server, 1)];
    await until(() => queued(server, 3));
    const refused = await send(server);
    expect([refused.status, Number(refused.headers.get("Retry-After"))]).toEqual([503, expect.any(Number)]);
    expect((await readAnswer(refused)).json.error).toMatch(/3 profiles are waiting/);
    held.release();
    await until(() => held.batches.length === 2);
    held.release();
    const answers = await Promise.all([running, ...waiting]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(held.batches.map((jobs) => jobs.length)).toEqual([1, 2]);
  });

  it("does not run a request whose client has gone", async () => {
    const held = heldModel();
    const server = testServer(models, { open: held.open });
    const running = send(server);
    await until(() => held.batches.length === 1);
    const leaving = new AbortController();
    const left = send(server, 1, { signal: leaving.signal });
    await until(() => queued(server, 1));
    leaving.abort();
    expect((await left).status).toBe(504);
    held.release();
    expect((await running).status).toBe(200);
    expect(held.batches.length).toBe(1);
  });

  it("is waited for until the deadline, or until the request's own", async () => {
    const held = heldModel();
    const server = testServer(models, { open: held.open, limits: { deadlineMs: 50 } });
    const late = await send(server);
    expect([late.status, (await readAnswer(late)).json.error]).toEqual([504, expect.stringContaining("within 0.05 s")]);
    const patient = testServer(models, { open: held.open });
    const own = await send(patient, 1, tensors(1, { parameters: { timeout: 20_000 } }));
    expect((await readAnswer(own)).json.error).toContain("within 0.02 s");
    held.release();
    held.release();
  });

  it("is loaded anew after its session has ended", async () => {
    let opened = 0;
    const open = async (dir: string): Promise<ServedModel> => {
      opened += 1;
      const model = await openModel(dir, { device: "cpu", threads: 1 });
      if (opened > 1) return model;
      const { AppError } = await import("../../schemas/errors.ts");
      return {
        ...model,
        run: () => Promise.reject(new AppError("unavailable", { what: "the model's thread has ended" })),
      };
    };
    const server = testServer(models, { open });
    const crashed = await send(server);
    expect([crashed.status, crashed.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect((await send(server)).status).toBe(200);
    expect(opened).toBe(2);
  });
});
