import * as fc from "fast-check";
import { expect, test } from "vitest";
import { writeAt } from "../../../data/node/write-at.ts";

test("every byte arrives once at its place, however much the kernel takes of a call", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 40 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 20 })),
      async (views, accepted) => {
        const file = new Uint8Array(400);
        let written = 0;
        await writeAt(
          {
            writev: (given, position) => {
              expect(given.length).toBeLessThanOrEqual(1024);
              const bytes = given.flatMap((view) => [...view]).slice(0, accepted.next().value ?? 1);
              file.set(bytes, position);
              written += bytes.length;
              return Promise.resolve({ bytesWritten: bytes.length });
            },
          },
          views,
          5,
        );
        const expected = views.flatMap((view) => [...view]);
        expect(written).toBe(expected.length);
        expect([...file.subarray(5, 5 + expected.length)]).toEqual(expected);
      },
    ),
    { seed: 1 },
  );
});

test("no call has more views than the kernel takes", async () => {
  const calls: number[] = [];
  const writev = (views: readonly Uint8Array[]) => {
    calls.push(views.length);
    return Promise.resolve({ bytesWritten: views.reduce((sum, { length }) => sum + length, 0) });
  };
  await writeAt(
    { writev },
    Array.from({ length: 2500 }, () => new Uint8Array(3)),
    0,
  );
  expect(calls).toEqual([1024, 1024, 452]);
});
