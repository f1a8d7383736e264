import { describe, expect, it } from "vitest";
import { AppError } from "../../schemas/index.ts";
import { type ModelPlace, ModelPool } from "../../serve/model-pool.ts";

const place = (name: string): ModelPlace => ({ name, version: 1, dir: name });

/** Waits until whatever can happen has: what the pools below open and close takes a turn of the event loop each. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
}

/** A pool of named things that writes down what is opened and closed, and how many were open at once. */
function recordingPool(maxModels: number, failing: ReadonlySet<string> = new Set()) {
  const log: string[] = [];
  const open = new Set<string>();
  let most = 0;
  const pool = new ModelPool({
    maxModels,
    load: async ({ name }) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (failing.has(name)) throw new AppError("bad-model", { what: `${name} is damaged` });
      log.push(`+${name}`);
      open.add(name);
      most = Math.max(most, open.size);
      return {
        name,
        [Symbol.asyncDispose]: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          log.push(`-${name}`);
          open.delete(name);
        },
      };
    },
  });
  return { pool, log, most: () => most };
}

describe("a pool of models", () => {
  it("loads a model once for all who ask at the same time", async () => {
    const { pool, log } = recordingPool(2);
    const names = await Promise.all([1, 2, 3].map(() => pool.with(place("a"), async ({ name }) => name)));
    expect([names, log]).toEqual([["a", "a", "a"], ["+a"]]);
  });

  it("closes the one unused for longest, before it loads another", async () => {
    const { pool, log, most } = recordingPool(2);
    for (const name of ["a", "b", "a", "c"]) await pool.with(place(name), async () => undefined);
    expect(log).toEqual(["+a", "+b", "-b", "+c"]);
    expect(most()).toBe(2);
    expect(pool.loaded.map(({ name }) => name)).toEqual(["a", "c"]);
  });

  it("never closes a model in use, and refuses what has no place", async () => {
    const { pool, log } = recordingPool(1);
    let done: () => void = () => undefined;
    const using = pool.with(place("a"), () => new Promise<void>((resolve) => (done = resolve)));
    await expect(pool.with(place("b"), async () => undefined)).rejects.toMatchObject({ tag: "try-again" });
    await settled();
    done();
    await using;
    await pool.with(place("b"), async () => undefined);
    expect(log).toEqual(["+a", "-a", "+b"]);
  });

  it("remembers why a model could not be loaded, and tries again when asked", async () => {
    const failing = new Set(["a"]);
    const { pool } = recordingPool(1, failing);
    await expect(pool.with(place("a"), async () => undefined)).rejects.toMatchObject({ tag: "bad-model" });
    expect(pool.failureOf(place("a"))).toBe("a is damaged");
    expect(pool.loaded).toEqual([]);
    failing.clear();
    expect(await pool.with(place("a"), async ({ name }) => name)).toBe("a");
    expect(pool.failureOf(place("a"))).toBeUndefined();
  });

  it("drops a model whose session has ended, once nobody uses it", async () => {
    const { pool, log } = recordingPool(2);
    let done: () => void = () => undefined;
    const other = pool.with(place("a"), () => new Promise<void>((resolve) => (done = resolve)));
    const ended = new AppError("unavailable", { what: "ended" });
    await expect(pool.with(place("a"), () => Promise.reject(ended))).rejects.toBe(ended);
    expect(log).toEqual(["+a"]);
    await pool.with(place("a"), async () => undefined);
    expect(log).toEqual(["+a", "+a"]);
    done();
    await other;
    await settled();
    expect(log).toEqual(["+a", "+a", "-a"]);
  });

  it("closes everything at its end, models in use when their users are done", async () => {
    const { pool, log } = recordingPool(3);
    await pool.with(place("a"), async () => undefined);
    let done: () => void = () => undefined;
    const using = pool.with(place("b"), () => new Promise<void>((resolve) => (done = resolve)));
    await settled();
    const closed = pool[Symbol.asyncDispose]();
    await settled();
    expect(log).toEqual(["+a", "+b", "-a"]);
    done();
    await using;
    await closed;
    expect(log).toEqual(["+a", "+b", "-a", "-b"]);
  });
});
