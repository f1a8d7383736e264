import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSessionThread } from "../../runtime/node/early-thread.ts";
import { affine, affineFeeds } from "./graphs.ts";

describe("a thread started before its graph is known", () => {
  let workers: Worker[] = [];
  const note = (worker: Worker): void => void workers.push(worker);
  beforeEach(() => {
    workers = [];
    process.on("worker", note);
  });
  afterEach(() => process.off("worker", note));
  const alive = (): number => workers.filter(({ threadId }) => threadId !== -1).length;

  it("runs the first graph, which ends it; another graph gets a thread of its own", async () => {
    await using thread = startSessionThread();
    {
      await using first = await thread.open({ bytes: affine() }, { device: "cpu" });
      expect(workers).toHaveLength(1);
      await using second = await thread.open({ bytes: affine() }, { device: "cpu" });
      expect(workers).toHaveLength(2);
      expect(await first.run(affineFeeds(3))).toEqual(await second.run(affineFeeds(3)));
    }
    expect(alive()).toBe(0);
  });
  it("ends unused, and after a graph that does not open", async () => {
    {
      await using _unused = startSessionThread();
    }
    await using thread = startSessionThread();
    await expect(thread.open({ bytes: new Uint8Array(3) })).rejects.toMatchObject({ tag: "bad-model" });
    expect(workers).toHaveLength(2);
    expect(alive()).toBe(0);
  });
});
