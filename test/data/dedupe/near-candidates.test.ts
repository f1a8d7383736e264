import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mainCoordinates, nearCandidates } from "../../../data/dedupe/near-candidates.ts";
import { type Sketches, sketchRows, sketchWidth } from "../../../data/dedupe/sketch.ts";
import { SourceRows } from "../../../data/dedupe/source-rows.ts";
import { Random } from "../../../data/random.ts";
import { Distances } from "../../../runtime/algebra/distances.ts";
import { countedOpen } from "../../runtime/algebra/opened.ts";
import { planted, profiles } from "./brute-force.ts";
import { memoryExpression } from "./memory-expression.ts";

const { open } = countedOpen();

function sketchesOf(matrix: number[][], width: number, seed = 1): Promise<Sketches> {
  const rows = new SourceRows(memoryExpression(matrix), { heldBytes: 0 });
  return sketchRows(rows, { random: new Random(seed), width });
}

const distanceOf = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.hypot(...Array.from(a, (x, i) => Math.fround(x) - Math.fround(b[i] ?? 0)));

describe("sketches", () => {
  it("are never further apart than the rows, beyond the error stated, whatever genes, width, scale and seed", async () => {
    const rows = fc.record({
      genes: fc.integer({ min: 1, max: 40 }),
      scale: fc.constantFrom(1e-6, 1, 1e6),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 40 }), async ({ genes, scale, seed }, width) => {
        const matrix = profiles(seed, 7, genes).map((row) => row.map((x) => x * scale));
        const { values, error } = await sketchesOf(matrix, Math.min(width, genes), seed);
        const own = Math.min(width, genes);
        for (let i = 0; i < 7; i += 1)
          for (let j = 0; j < i; j += 1) {
            const short = distanceOf(values.subarray(i * own, (i + 1) * own), values.subarray(j * own, (j + 1) * own));
            const full = distanceOf(matrix[i] ?? [], matrix[j] ?? []);
            expect(short - (error[i] ?? 0) - (error[j] ?? 0)).toBeLessThanOrEqual(full);
          }
      }),
    );
  });

  it("are on average √(width/genes) as far apart as the rows", async () => {
    const matrix = profiles(3, 20, 2000);
    const { values } = await sketchesOf(matrix, 200);
    let ratio = 0;
    for (let i = 1; i < 20; i += 1)
      ratio +=
        distanceOf(values.subarray(0, 200), values.subarray(i * 200, (i + 1) * 200)) /
        distanceOf(matrix[0] ?? [], matrix[i] ?? []) /
        19;
    // sd of one ratio is about √(1/(2·200)) = 5 %.
    expect(ratio / Math.sqrt(0.1)).toBeGreaterThan(0.93);
    expect(ratio / Math.sqrt(0.1)).toBeLessThan(1.07);
  });

  it("keep all genes where they are few, and shrink where memory is short, to 16 numbers at least", () => {
    expect(sketchWidth({ rows: 10, columns: 30 }, 2 ** 30)).toBe(30);
    expect(sketchWidth({ rows: 129_158, columns: 22_268 }, 2 ** 27)).toBe(256);
    expect(sketchWidth({ rows: 1000, columns: 22_268 }, 400_000)).toBe(100);
    expect(sketchWidth({ rows: 1000, columns: 22_268 }, 1)).toBe(16);
  });
});

describe("candidates", () => {
  const base = profiles(6, 60, 400);
  const matrix = [...base, ...base.map((row, i) => planted(row, (i % 7) * 0.3, i))];

  async function candidatesOf(tileRows: number): Promise<string[]> {
    const sketches = await sketchesOf(matrix, 64);
    await using distances = new Distances(open);
    const rows = Int32Array.from(matrix.keys());
    const along = await mainCoordinates(open, sketches);
    const pairs: string[] = [];
    for await (const found of nearCandidates({ sketches, along, rows }, { distances, distance: 1, tileRows }))
      for (let at = 0; at < found.length; at += 2) pairs.push(`${found[at]}-${found[at + 1]}`);
    return pairs;
  }

  it("hold every near pair once, and few others, whatever the tiles", async () => {
    const whole = await candidatesOf(1024);
    const near = base.flatMap((_, i) => ((i % 7) * 0.3 < 0.95 ? [`${i}-${i + 60}`] : []));
    expect(new Set(whole).size).toBe(whole.length);
    expect(whole).toEqual(expect.arrayContaining(near));
    // Independent profiles lie √800 apart, their sketches 11.
    expect(whole.length).toBeLessThanOrEqual(60);
    for (const tileRows of [1, 7, 32, 60]) expect((await candidatesOf(tileRows)).toSorted()).toEqual(whole.toSorted());
  });

  it("hold neighbours on a line that lie in different tiles, and leave tiles apart that are too far", async () => {
    const line = Array.from({ length: 60 }, (_, i) => [((37 * i) % 60) * 0.9, 1]);
    const sketches = await sketchesOf(line, 2);
    await using distances = new Distances(open);
    const along = await mainCoordinates(open, sketches);
    let runs = 0;
    const counting = { all: (...of: Parameters<Distances["all"]>) => (++runs, distances.all(...of)) };
    const pairs: number[] = [];
    const search = { sketches, along, rows: Int32Array.from(line.keys()) };
    const options = { distances: counting, distance: 1, tileRows: 6 };
    for await (const found of nearCandidates(search, options)) pairs.push(...found);
    const expected = line.flatMap((a, i) =>
      line.flatMap((b, j) => (i < j && Math.abs((a[0] ?? 0) - (b[0] ?? 0)) < 1 ? [i, j] : [])),
    );
    expect(pairs.length).toBe(2 * 59);
    const named = (list: readonly number[]) =>
      list.flatMap((row, at) => (at % 2 === 0 ? [`${row}-${list[at + 1]}`] : [])).toSorted();
    expect(named(pairs)).toEqual(named(expected));
    // Each of 10 tiles with itself and the next.
    expect(runs).toBe(19);
  });
});
