import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openGraph } from "../../infer/node/open-graph.ts";
import { openSession } from "../../runtime/node/open.ts";
import { openSessionPool } from "../../runtime/node/session-pool.ts";
import { affine, affineFeeds, slow, slowFeeds } from "./graphs.ts";
import { TestThreads } from "./threads.ts";

const threads = new TestThreads();

describe("a pool of sessions", () => {
  it("gives what one session gives, whichever of them runs and however many wait", async () => {
    await using one = await openSession({ bytes: affine() }, { device: "cpu" });
    await using pool = await openSessionPool({ bytes: affine() }, { device: "cpu", sessions: 2, threads: 3 });
    expect([pool.parallelRuns, pool.provider, pool.inputs, pool.outputs]).toEqual([2, "cpu", one.inputs, one.outputs]);
    const rows = [5, 1, 3, 2, 7, 1];
    const together = await Promise.all(rows.map((count) => pool.run(affineFeeds(count))));
    for (const [i, count] of rows.entries()) expect(together[i]).toEqual(await one.run(affineFeeds(count)));
  });

  it("runs side by side: a short run overtakes a long one, a third waits for whichever is done", async () => {
    await using pool = await openSessionPool({ bytes: slow() }, { device: "cpu", sessions: 2, threads: 2 });
    const order: string[] = [];
    const done = (name: string) => () => void order.push(name);
    // What is refused takes no time: it shows who had to wait.
    await Promise.all([
      pool.run(slowFeeds()).then(done("long")),
      pool.run({}).catch(done("refused")),
      pool.run({}).catch(done("refused after it")),
    ]);
    expect(order).toEqual(["refused", "refused after it", "long"]);
  });

  it("ends its threads when disposed of, and when one cannot be opened", async () => {
    {
      await using _pool = await openSessionPool({ bytes: affine() }, { device: "cpu", sessions: 3, threads: 3 });
      expect(threads.alive).toHaveLength(3);
    }
    expect(threads.alive).toEqual([]);
    const broken = openSessionPool({ bytes: new Uint8Array(9) }, { device: "cpu", sessions: 2, threads: 2 });
    await expect(broken).rejects.toMatchObject({ tag: "bad-model" });
    expect(threads.alive).toEqual([]);
  });

  it.each([0, 3, 1.5])("of %d sessions for two threads is refused", async (sessions) => {
    const opening = openSessionPool({ bytes: affine() }, { device: "cpu", sessions, threads: 2 });
    await expect(opening).rejects.toMatchObject({ tag: "usage" });
  });
});

describe("how many sessions infer", () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "landfall-pool-"));
    path = join(folder, "model.onnx");
    await writeFile(path, affine());
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });
  const large = { profiles: 80_000, device: "cpu", bytes: 2 ** 25, threads: 2 } as const;

  it.each([
    ["two, for a graph and profiles that are worth it", large, { sessions: 2, aside: true }],
    ["one in a thread of its own, for fewer profiles", { ...large, profiles: 70_000 }, { sessions: 1, aside: true }],
    ["one, where weights twice are too much", { ...large, bytes: 2 ** 31 }, { sessions: 1, aside: true }],
    ["one, where there is one thread to compute", { ...large, threads: 1 }, { sessions: 1, aside: true }],
    ["one in this thread, for a small graph", { ...large, bytes: 2 ** 20 }, { sessions: 1, aside: false }],
    ["as many as are asked for", { ...large, sessions: 1 }, { sessions: 1, aside: false }],
    ["where it is asked for", { ...large, host: "same-thread" }, { sessions: 1, aside: false }],
    [
      "one in this thread, where nobody says for how much",
      { ...large, profiles: undefined },
      { sessions: 1, aside: false },
    ],
  ] as const)("is %s", async (_, { profiles, ...options }, expected) => {
    await using session = await openGraph({ path }, { ...options, ...(profiles !== undefined && { profiles }) });
    const { parallelRuns = 1, movesOutputs = false } = session;
    expect({ sessions: parallelRuns, aside: movesOutputs }).toEqual(expected);
  });

  it("is one for a graph in memory", async () => {
    await using session = await openGraph({ bytes: affine() }, large);
    expect(session.parallelRuns).toBeUndefined();
    expect(session.movesOutputs).toBeUndefined();
  });
});
