import * as fc from "fast-check";
import { expect, it } from "vitest";
import { jsonStream, numberPieces } from "../../serve/json-numbers.ts";

const textOf = (pieces: Iterable<Uint8Array>): string => Buffer.concat([...pieces]).toString();

it("writes float32 so that JSON gives the same bits back, however many pieces it takes", () => {
  const data = Float32Array.from({ length: 40_000 }, (_, i) => Math.sin(i) * 10 ** ((i % 60) - 30));
  const text = textOf(numberPieces({ type: "float32", dims: [data.length], data }));
  expect(Float32Array.from(JSON.parse(`[${text}]`) as number[])).toEqual(data);
});

it("does so for every float32 (property), and writes null for what JSON cannot say", () => {
  fc.assert(
    fc.property(fc.float32Array({ maxLength: 50 }), fc.nat(50), (data, cut) => {
      const start = Math.min(cut, data.length);
      const text = textOf(numberPieces({ type: "float32", dims: [data.length], data }, { start }));
      const expected = [...data.subarray(start)].map((value) => (Number.isFinite(value) ? value : null));
      const read = (JSON.parse(`[${text}]`) as (number | null)[]).map((value) =>
        value === null ? null : Math.fround(value),
      );
      expect(read).toEqual(expected);
    }),
  );
});

it("lets others take their turns between the pieces", async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  function* slowPieces(): Generator<string> {
    for (let piece = 0; piece < 20; piece++) {
      const endMs = performance.now() + 3;
      while (performance.now() < endMs);
      yield ".";
    }
  }
  expect(await new Response(jsonStream(slowPieces())).text()).toBe(".".repeat(20));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});
