import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type SessionEngine, serialSession } from "../../runtime/serial-session.ts";
import type { TensorMap } from "../../runtime/session.ts";
import { f32 } from "./graphs.ts";

/** An engine that writes down what is asked of it, and whether two things were asked at once. */
function fakeEngine(fail: (x: number) => boolean = () => false): { engine: SessionEngine; log: string[] } {
  const log: string[] = [];
  let busy = false;
  const alone = async (what: string): Promise<void> => {
    if (busy) log.push("overlap");
    busy = true;
    await turn();
    await turn();
    log.push(what);
    busy = false;
  };
  const engine: SessionEngine = {
    provider: "cpu",
    tried: [],
    inputs: [{ name: "x", type: "float32", dims: [1] }],
    outputs: [{ name: "y", type: "float32", dims: [1] }],
    run: async ({ feeds }) => {
      const value = Number(feeds["x"]?.data[0]);
      await alone(`run ${value}`);
      if (fail(value)) throw new Error("no luck");
      return { y: f32([1], [value]) };
    },
    close: () => alone("close"),
  };
  return { engine, log };
}

const feeds = (value: number): TensorMap => ({ x: f32([1], [value]) });

describe("serialSession", () => {
  it("asks one thing at a time of its engine, in order, and closes it once and last", async () => {
    const { engine, log } = fakeEngine();
    const session = serialSession(engine);
    const runs = [1, 2, 3].map((value) => session.run(feeds(value)));
    await Promise.all([session[Symbol.asyncDispose](), ...runs, session[Symbol.asyncDispose]()]);
    expect(log).toEqual(["run 1", "run 2", "run 3", "close"]);
  });

  it("goes on after a run that failed", async () => {
    const { engine, log } = fakeEngine((value) => value === 1);
    const session = serialSession(engine);
    const results = await Promise.allSettled([1, 2].map((value) => session.run(feeds(value))));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    await session[Symbol.asyncDispose]();
    expect(log).toEqual(["run 1", "run 2", "close"]);
  });

  it("does not ask its engine for a run that does not fit, or comes after closing", async () => {
    const { engine, log } = fakeEngine();
    const session = serialSession(engine);
    await expect(session.run({})).rejects.toMatchObject({ tag: "usage" });
    await session[Symbol.asyncDispose]();
    await expect(session.run(feeds(1))).rejects.toMatchObject({ tag: "internal" });
    expect(log).toEqual(["close"]);
  });
});
