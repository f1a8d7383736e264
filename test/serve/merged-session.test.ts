import { describe, expect, it } from "vitest";
import { hostTensor } from "../../runtime/host-tensor.ts";
import { modelBytes } from "../../runtime/model-bytes.ts";
import { openSession } from "../../runtime/node/open.ts";
import type { SessionHost } from "../../runtime/session.ts";
import { mergedSession } from "../../serve/merged-session.ts";
import { deepGraph } from "./support/repository.ts";

const width = 256;

async function counted(): Promise<{ session: SessionHost; rows: number[] }> {
  const inner = await openSession({ bytes: modelBytes(deepGraph(2)) }, { device: "cpu", threads: 1 });
  const rows: number[] = [];
  const run: SessionHost["run"] = (feeds, options) => {
    rows.push(feeds["x"]?.dims[0] ?? -1);
    return inner.run(feeds, options);
  };
  return { session: mergedSession({ ...inner, run, [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose]() }), rows };
}

const feed = (rows: number, seed: number) => ({
  x: hostTensor(
    "float32",
    [rows, width],
    Float32Array.from({ length: rows * width }, (_, i) => Math.sin(seed + i)),
  ),
});

describe("a merged session", () => {
  it("makes one run of what is asked for in one turn, and gives each its own rows, to the bit", async () => {
    await using harness = { ...(await counted()), [Symbol.asyncDispose]: async () => undefined };
    const { session, rows } = harness;
    const sizes = [1, 3, 2, 7];
    const alone = [];
    for (const [i, size] of sizes.entries()) alone.push(await session.run(feed(size, i)));
    rows.length = 0;
    const together = await Promise.all(sizes.map((size, i) => session.run(feed(size, i), { fetch: ["y"] })));
    expect(rows).toEqual([13]);
    expect(together.map(({ y }) => [y?.dims, y?.data])).toEqual(alone.map(({ y }) => [y?.dims, y?.data]));
    await session[Symbol.asyncDispose]();
  });

  it("tells everyone when the run fails, and runs again", async () => {
    const { session } = await counted();
    const wrong = { x: hostTensor("float32", [1, 2], new Float32Array(2)) };
    const both = await Promise.allSettled([session.run(wrong), session.run(wrong)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect((await session.run(feed(1, 0)))["y"]?.dims).toEqual([1, width]);
    await session[Symbol.asyncDispose]();
  });
});
