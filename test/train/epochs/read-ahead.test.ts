import { array, assert, asyncProperty, integer } from "fast-check";
import { expect, it } from "vitest";
import { inPieces, readAhead, rowBuffers } from "../../../train/epochs/read-ahead.ts";
import { landmarks, MemoryRows, targets } from "./memory-rows.ts";

const count = 20;
const rowsAtAll = (): MemoryRows => new MemoryRows({ train: { geo: count } });
const list = array(integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: 6 });

it("gives the rows of every list in order, whatever the lists", async () => {
  await assert(
    asyncProperty(array(list, { maxLength: 5 }), async (lists) => {
      const store = rowsAtAll();
      const blocks: { x: number[]; y: number[] }[] = [];
      const asked = lists.map((rows) => Int32Array.from(rows));
      for await (const { rows, x, y } of readAhead(store, asked, rowBuffers(store, 6))) {
        expect([x.length, y.length]).toEqual([rows * landmarks, rows * targets]);
        blocks.push({ x: [...x], y: [...y] });
      }
      const part = (all: Float32Array, width: number, row: number) => all.subarray(row * width, (row + 1) * width);
      expect(blocks).toEqual(
        lists.map((rows) => ({
          x: rows.flatMap((row) => [...part(store.x, landmarks, row)]),
          y: rows.flatMap((row) => [...part(store.y, targets, row)]),
        })),
      );
    }),
    { seed: 1, numRuns: 50 },
  );
});

it("begins the next read before a block is worked on, and no more than one", async () => {
  const store = rowsAtAll();
  const lists = inPieces(
    Int32Array.from({ length: count }, (_, at) => at),
    6,
  );
  const begun: number[] = [];
  for await (const _block of readAhead(store, lists, rowBuffers(store, 6))) begun.push(store.reads.length);
  expect(begun).toEqual([2, 3, 4, 4]);
  expect(store.reads).toEqual([6, 6, 6, 2]);
});

it("waits for a read that is under way when it is left early, and hides that one's failure only", async () => {
  const store = rowsAtAll();
  const lists = inPieces(Int32Array.of(0, 1, 2, 3), 2);
  let isReading = false;
  const read = store.read.bind(store);
  store.read = async (rows, into) => {
    if (store.reads.length === 1) {
      isReading = true;
      await new Promise((resolve) => setTimeout(resolve, 5));
      isReading = false;
      throw new Error("disk");
    }
    await read(rows, into);
  };
  for await (const _block of readAhead(store, lists, rowBuffers(store, 2))) break;
  expect(isReading).toBe(false);
  const whole = async () => {
    store.reads.length = 0;
    for await (const _block of readAhead(store, lists, rowBuffers(store, 2)));
  };
  await expect(whole()).rejects.toThrow("disk");
});
