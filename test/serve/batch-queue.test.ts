import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../schemas/index.ts";
import { BatchQueue } from "../../serve/batch-queue.ts";

const never = new AbortController().signal;

/** A queue whose batches end when they are told to; a job's answer is its double. */
function heldQueue({ batchRows = 10, queuedRows = 100 } = {}) {
  const batches: number[][] = [];
  const ends: ((error?: unknown) => void)[] = [];
  const queue = new BatchQueue<number, number>({
    limits: { batchRows, queuedRows },
    run: async (jobs) => {
      batches.push([...jobs]);
      await new Promise<void>((resolve, reject) =>
        ends.push((error) => (error === undefined ? resolve() : reject(error))),
      );
      return jobs.map((job) => 2 * job);
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (error?: unknown): Promise<void> => {
    ends.shift()?.(error);
    await settle();
  };
  return { queue, batches, end, settle };
}

describe("a queue before a model", () => {
  it("runs a lone job at once and what waits meanwhile together", async () => {
    const { queue, batches, end } = heldQueue();
    const answers = [1, 2, 3].map((job) => queue.submit(job, { rows: 1, signal: never }));
    expect(batches).toEqual([[1]]);
    await end();
    expect(batches).toEqual([[1], [2, 3]]);
    await end();
    expect(await Promise.all(answers)).toEqual([2, 4, 6]);
    expect(queue.queuedRows).toBe(0);
  });

  it("never lets a batch exceed its rows, keeps the order, and answers everyone (property)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 14 }), { maxLength: 30 }), async (sizes) => {
        const { queue, batches, end } = heldQueue({ queuedRows: 1e9 });
        const answers = sizes.map((rows, job) => queue.submit(job, { rows, signal: never }));
        let ended = 0;
        while (ended < batches.length) {
          ended += 1;
          await end();
        }
        expect(batches.flat()).toEqual(sizes.map((_, job) => job));
        for (const batch of batches)
          expect(batch.length === 1 || batch.reduce((sum, job) => sum + (sizes[job] ?? 0), 0) <= 10).toBe(true);
        expect(await Promise.all(answers)).toEqual(sizes.map((_, job) => 2 * job));
      }),
      { numRuns: 50 },
    );
  });

  it("refuses what is too much, but takes any size when nothing waits", async () => {
    const { queue, end } = heldQueue({ queuedRows: 5 });
    const running = queue.submit(1, { rows: 50, signal: never });
    const large = queue.submit(2, { rows: 50, signal: never });
    await expect(queue.submit(3, { rows: 1, signal: never })).rejects.toMatchObject({ tag: "try-again" });
    await end();
    await end();
    expect(await Promise.all([running, large])).toEqual([2, 4]);
  });

  it("lets a job leave that waits, and waits no more for one that runs", async () => {
    const { queue, batches, end } = heldQueue();
    const leaving = new AbortController();
    const running = queue.submit(1, { rows: 1, signal: leaving.signal });
    const waiting = queue.submit(2, { rows: 1, signal: leaving.signal });
    const staying = queue.submit(3, { rows: 1, signal: never });
    leaving.abort(new AppError("cancelled", { what: "gone" }));
    await expect(running).rejects.toThrow("gone");
    await expect(waiting).rejects.toThrow("gone");
    await expect(queue.submit(4, { rows: 1, signal: leaving.signal })).rejects.toThrow("gone");
    await end();
    await end();
    expect(await staying).toBe(6);
    expect(batches).toEqual([[1], [3]]);
  });

  it("goes on after a batch that failed", async () => {
    const { queue, end } = heldQueue();
    const failing = queue.submit(1, { rows: 1, signal: never });
    const next = queue.submit(2, { rows: 1, signal: never });
    const both = Promise.allSettled([failing, next]);
    await end(new Error("broken"));
    await end();
    expect(await both).toEqual([
      { status: "rejected", reason: new Error("broken") },
      { status: "fulfilled", value: 4 },
    ]);
  });
});
