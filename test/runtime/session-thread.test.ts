import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import type { SessionHost } from "../../runtime/session.ts";
import { affine, affineFeeds, slow, slowFeeds } from "./graphs.ts";
import { runContract } from "./session.contract.ts";
import { TestThreads } from "./threads.ts";

runContract("worker");

describe("the thread of a session", () => {
  const threads = new TestThreads();
  const open = (bytes: Uint8Array): Promise<SessionHost> => openSession({ bytes }, { device: "cpu", host: "worker" });

  it("leaves this thread's event loop free during a run", async () => {
    await using session = await open(slow());
    const state = { isDone: false };
    const running = session.run(slowFeeds()).finally(() => {
      state.isDone = true;
    });
    let turns = 0;
    for (; !state.isDone; turns++) await turn();
    await running;
    // A run in this thread lets through two turns at most, before and after it.
    expect(turns).toBeGreaterThan(3);
  });

  it("ends with its session, twenty times over, and after a failed opening", async () => {
    for (let i = 0; i < 20; i++) {
      await using session = await open(affine());
      await session.run(affineFeeds(1));
      expect(threads.alive).toHaveLength(1);
    }
    await expect(open(new Uint8Array(3))).rejects.toMatchObject({ tag: "bad-model" });
    expect(threads.started).toHaveLength(21);
    expect(threads.alive).toEqual([]);
  });

  it("ends only after the run in flight", async () => {
    const session = await open(slow());
    const running = session.run(slowFeeds());
    await delay(1);
    await session[Symbol.asyncDispose]();
    expect((await running)["y"]?.dims).toEqual([512, 512]);
    expect(threads.alive).toEqual([]);
  });

  it("rejects the run that waits for it, and later ones, when it ends unasked", async () => {
    const session = await open(affine());
    // As a crash would: the thread goes while a run is asked of it.
    threads.started[0]?.postMessage({ kind: "stop" });
    const waiting = session.run(affineFeeds(1));
    await expect(waiting).rejects.toMatchObject({ tag: "unavailable", fault: { got: "exit status 0" } });
    await expect(session.run(affineFeeds(1))).rejects.toMatchObject({ tag: "unavailable" });
    await session[Symbol.asyncDispose]();
  });

  it("tells what it died of", async () => {
    const session = await open(affine());
    const waiting = session.run(affineFeeds(1));
    // A native abort would take the test with it: its two events stand in for it.
    const [worker] = threads.started;
    worker?.emit("error", new Error("segment lost"));
    worker?.emit("exit", 134);
    await expect(waiting).rejects.toMatchObject({ tag: "unavailable", fault: { got: "segment lost" } });
    await session[Symbol.asyncDispose]();
    worker?.postMessage({ kind: "stop" });
  });
});
