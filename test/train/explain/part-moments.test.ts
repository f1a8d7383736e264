import { expect, test } from "vitest";
import { openSession } from "../../../runtime/node/open.ts";
import type { OpenSession } from "../../../runtime/session.ts";
import { PartMoments } from "../../../train/explain/part-moments.ts";

/** Opens sessions and counts those that are open; the session of number `failing` cannot be opened. */
function counting(failing: number) {
  const count = { opened: 0, open: 0 };
  const open: OpenSession = async (...args) => {
    count.opened += 1;
    if (count.opened === failing) throw new Error("out of memory");
    const session = await openSession(...args);
    count.open += 1;
    const close = async () => {
      count.open -= 1;
      await session[Symbol.asyncDispose]();
    };
    const { provider, tried, inputs, outputs } = session;
    return { provider, tried, inputs, outputs, run: (...feeds) => session.run(...feeds), [Symbol.asyncDispose]: close };
  };
  return { count, open };
}

const parts = [3, 2, 4].map((hidden) => ({ hidden, targets: Int32Array.of(0, 1) }));

test("a part whose moments cannot be opened leaves none of the others open", async () => {
  const { count, open } = counting(3);
  await expect(PartMoments.open(parts, open)).rejects.toThrow("out of memory");
  expect(count).toEqual({ opened: 3, open: 0 });
});

test("all are closed together", async () => {
  const { count, open } = counting(0);
  {
    await using moments = await PartMoments.open(parts, open);
    expect([moments, count.open]).toEqual([expect.anything(), 3]);
  }
  expect(count.open).toBe(0);
});
