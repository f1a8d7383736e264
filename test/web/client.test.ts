import { setTimeout as pause } from "node:timers/promises";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { AppError, type Progress } from "../../schemas/index.ts";
import type { Api } from "../../web/api.ts";
import { type Client, connect } from "../../web/client.ts";
import type { Port } from "../../web/messages.ts";
import { serveApi } from "../../web/serve-api.ts";
import { failure } from "../infer/support/batch-fixture.ts";

/** An end of Node's channel as the browser's. */
function portOf(end: MessagePort): Port {
  return {
    postMessage: (message) => end.postMessage(message),
    addEventListener: (_, listener) => end.on("message", (data) => listener({ data } as MessageEvent)),
  };
}

const channels: { readonly port1: MessagePort; readonly port2: MessagePort }[] = [];
afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

const unasked = (): never => {
  throw new Error("not asked for in this test");
};

/** A client whose worker has only these functions. */
function clientOf(functions: Partial<Api>): Client {
  const channel = new MessageChannel();
  channels.push(channel);
  serveApi(
    { load: unasked, inspect: unasked, predict: unasked, example: unasked, tsv: unasked, ...functions },
    portOf(channel.port2),
  );
  return connect(portOf(channel.port1));
}

const profiles = { genes: ["a"], values: new Float32Array([1]) };

describe("calls to the worker", () => {
  it("bring results and progress, each to its own call", async () => {
    const client = clientOf({
      example: async ({ seed = 0 }, { onProgress }) => {
        onProgress?.({ phase: "p", done: seed, total: 9, unit: "profiles" });
        // The later call ends first.
        await pause(seed === 1 ? 20 : 0);
        return { ...profiles, label: String(seed) };
      },
    });
    const seen: Progress[] = [];
    const [first, second] = await Promise.all([
      client.call("example", { seed: 1 }, { onProgress: (progress) => seen.push(progress) }),
      client.call("example", { seed: 2 }),
    ]);
    expect([first.label, second.label]).toEqual(["1", "2"]);
    expect(first.values).toEqual(profiles.values);
    expect(seen.map(({ done }) => done)).toEqual([1]);
  });

  it("end with the worker's own error: tag, parts and text", async () => {
    const fault = { what: "ids do not fit", where: "in.gctx", examples: ["g1", "g2"], advice: "Write it again" };
    const client = clientOf({ inspect: async () => Promise.reject(new AppError("bad-data", fault)) });
    const error = await failure(client.call("inspect", { input: profiles }));
    expect(error).toMatchObject({ tag: "bad-data", fault, message: new AppError("bad-data", fault).message });
  });

  it("call an error that nobody foresaw by that name", async () => {
    const error = await failure(clientOf({}).call("tsv", {} as Parameters<Api["tsv"]>[0]));
    expect(error).toMatchObject({ tag: "internal", fault: { got: "not asked for in this test" } });
  });

  it("are told to stop by their signal, and no other call is", async () => {
    const client = clientOf({
      example: async ({ seed }, { signal }) => {
        if (seed === 1) await new Promise((resolve) => signal?.addEventListener("abort", resolve));
        if (signal?.aborted) throw new AppError("cancelled", { what: "stopped" });
        return profiles;
      },
    });
    const controller = new AbortController();
    const stopped = failure(client.call("example", { seed: 1 }, { signal: controller.signal }));
    const other = client.call("example", { seed: 2 });
    controller.abort();
    expect((await stopped).tag).toBe("cancelled");
    expect(await other).toEqual(profiles);
  });

  it("all end when the worker fails, and so do later ones", async () => {
    const client = clientOf({ example: () => new Promise(() => undefined) });
    const waiting = failure(client.call("example", {}));
    client.fail(new AppError("unavailable", { what: "the worker has ended" }));
    expect((await waiting).tag).toBe("unavailable");
    expect((await failure(client.call("example", {}))).tag).toBe("unavailable");
  });
});
