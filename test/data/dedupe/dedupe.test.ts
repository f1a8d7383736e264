import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DedupeOptions, dedupe } from "../../../data/dedupe/dedupe.ts";
import { Random } from "../../../data/random.ts";
import { countedOpen } from "../../runtime/algebra/opened.ts";
import { bruteForce, planted, profiles } from "./brute-force.ts";
import { memoryExpression } from "./memory-expression.ts";

const { open } = countedOpen();
const exact = { open, method: "exact", seed: 1 } as const;
const kmeans = { open, method: "kmeans", seed: 1 } as const;

interface Planting {
  readonly seed: number;
  readonly genes: number;
  readonly samples: number;
  readonly copies: readonly { readonly of: number; readonly distance: number; readonly at: number }[];
}

/** Profiles, some of which are followed anywhere by others at distances around 1. */
const planting = fc.record({
  seed: fc.nat(),
  genes: fc.constantFrom(1, 3, 40, 300),
  samples: fc.integer({ min: 1, max: 25 }),
  copies: fc.array(
    fc.record({
      of: fc.nat(),
      distance: fc.constantFrom(0, 0.3, 0.999, 0.99999, 1, 1.00001, 1.001, 3),
      at: fc.nat(),
    }),
    { maxLength: 20 },
  ),
});

function withCopies({ seed, genes, samples, copies }: Planting): number[][] {
  const matrix = profiles(seed, samples, genes);
  for (const [index, { of, distance, at }] of copies.entries()) {
    // Copies of copies too: chains.
    const copy = planted(matrix[of % matrix.length] ?? [], distance, seed + index);
    matrix.splice(at % (matrix.length + 1), 0, copy);
  }
  return matrix;
}

describe("dedupe, exact", () => {
  it("drops what two loops in float64 drop, at distances just below and above the threshold", async () => {
    await fc.assert(
      fc.asyncProperty(planting, fc.nat(), async (plan, seed) => {
        const matrix = withCopies(plan);
        const { kept, dropped } = await dedupe(memoryExpression(matrix), { ...exact, seed });
        const expected = bruteForce(matrix);
        expect(dropped).toEqual(expected);
        const gone = expected.map(({ row }) => row);
        expect([...kept]).toEqual(matrix.map((_, row) => row).filter((row) => !gone.includes(row)));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ["gctx", 2 ** 30],
    ["gctx", 40_000],
    ["gctx", 1],
    ["tsv", 1],
  ] as const)("gives the same from %s whatever fits into memory (%d bytes)", async (format, memoryBytes) => {
    const matrix = withCopies({
      seed: 5,
      genes: 300,
      samples: 40,
      copies: Array.from({ length: 40 }, (_, i) => ({ of: 7 * i, distance: (i % 5) * 0.3, at: 11 * i })),
    });
    const source = memoryExpression(matrix, { format });
    const { dropped } = await dedupe(source, { ...exact, memoryBytes });
    expect(dropped).toEqual(bruteForce(matrix));
    expect(dropped.length).toBeGreaterThan(20);
  });

  it("reads a source that fits into memory once", async () => {
    const matrix = [...profiles(1, 20, 30), ...profiles(1, 20, 30)];
    const source = memoryExpression(matrix);
    expect((await dedupe(source, { ...kmeans, clusters: 3 })).dropped).toHaveLength(20);
    expect(source.reads).toEqual({ calls: 1, rows: 40 });
  });

  it("reads again only the rows of candidates where it does not fit", async () => {
    // 36 kB a row: far apart enough that a row between two is not read along.
    const matrix = profiles(1, 100, 9000);
    for (const row of [3, 4, 50]) matrix.push(matrix[row] ?? []);
    const source = memoryExpression(matrix);
    expect((await dedupe(source, { ...exact, memoryBytes: 2 ** 21 })).dropped).toHaveLength(3);
    // Rows 3 and 4, 50, and the three copies at the end.
    expect(source.reads).toEqual({ calls: 1 + 3, rows: 103 + 6 });
  });

  it("drops both later links of a chain, and says which earlier sample each duplicates", async () => {
    const chain = [0, 0.8, 1.6].map((x) => [x, 5, 5]);
    const { kept, dropped } = await dedupe(memoryExpression([...chain, [9, 5, 5]]), exact);
    expect([...kept]).toEqual([0, 3]);
    expect(dropped.map(({ row, duplicateOf }) => [row, duplicateOf])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  it("keeps a pair at the distance itself, which is not nearer", async () => {
    const pair = memoryExpression([
      [4, 2],
      [4, 3],
    ]);
    expect((await dedupe(pair, exact)).dropped).toEqual([]);
    expect((await dedupe(pair, { ...exact, distance: 1.0001 })).dropped).toEqual([
      { row: 1, duplicateOf: 0, distance: 1 },
    ]);
  });

  it("keeps the first of a crowd of equal samples, reading few rows again", async () => {
    const crowd = Array.from({ length: 1500 }, (_, i) => (i % 2 === 0 ? [7, 7, 7, 7] : [1, 2, 3, 4]));
    const source = memoryExpression(crowd);
    const { kept, dropped } = await dedupe(source, { ...exact, memoryBytes: 20_000 });
    expect([...kept]).toEqual([0, 1]);
    expect(new Set(dropped.map(({ duplicateOf }) => duplicateOf))).toEqual(new Set([0, 1]));
  });

  it("is right for raw counts, whose squares cost float32 its digits", async () => {
    const random = new Random(3);
    const counts = Array.from({ length: 60 }, () => Array.from({ length: 400 }, () => random.integer(1e6)));
    const matrix = counts.flatMap((row) => [row, row.map((x, gene) => (gene === 7 ? x + 1 : x))]);
    const { dropped } = await dedupe(memoryExpression(matrix), { ...exact, distance: 1.5 });
    expect(dropped).toEqual(bruteForce(matrix, 1.5));
    expect(dropped).toHaveLength(60);
  });

  it("keeps all of a source without samples", async () => {
    const { kept, dropped } = await dedupe(memoryExpression([], { genes: 3 }), exact);
    expect([kept.length, dropped.length]).toEqual([0, 0]);
  });
});

describe("dedupe, kmeans", () => {
  it("drops what two loops drop among pairs of one cluster, for any number of clusters and any memory", async () => {
    const matrix = withCopies({
      seed: 8,
      genes: 60,
      samples: 60,
      copies: Array.from({ length: 60 }, (_, i) => ({ of: 3 * i, distance: (i % 4) * 0.33, at: 17 * i })),
    });
    for (const clusters of [1, 2, 10, 90]) {
      const runs = await Promise.all(
        [2 ** 30, 1].map((memoryBytes) => dedupe(memoryExpression(matrix), { ...kmeans, clusters, memoryBytes })),
      );
      const [{ dropped, clusters: found } = { dropped: [], clusters: undefined }, again] = runs;
      const labels = found?.labels ?? [];
      expect(dropped).toEqual(bruteForce(matrix, 1, (i, j) => labels[i] === labels[j]));
      expect(again?.dropped).toEqual(dropped);
      expect(again?.clusters).toEqual(found);
      expect(found?.sizes.reduce((sum, size) => sum + size, 0)).toBe(matrix.length);
    }
  });

  it("leaves a pair alone that lies across two clusters, which exact drops", async () => {
    const line = Array.from({ length: 40 }, (_, i) => [i * 0.9, 0]);
    const all = await dedupe(memoryExpression(line), exact);
    const within = await dedupe(memoryExpression(line), { ...kmeans, clusters: 4 });
    expect([...all.kept]).toEqual([0]);
    // The first of each cluster stays.
    expect(within.kept).toHaveLength(4);
    const gone = new Set(all.dropped.map(({ row }) => row));
    expect(within.dropped.every(({ row }) => gone.has(row))).toBe(true);
  });

  it("gives the same clusters for the same seed, and others for another", async () => {
    const matrix = profiles(4, 80, 30);
    const labels = async (seed: number) =>
      (await dedupe(memoryExpression(matrix), { ...kmeans, clusters: 8, seed })).clusters?.labels;
    expect(await labels(1)).toEqual(await labels(1));
    expect(await labels(1)).not.toEqual(await labels(2));
  });

  it("refuses more clusters than samples", async () => {
    await expect(dedupe(memoryExpression(profiles(1, 5, 3)), kmeans)).rejects.toMatchObject({
      tag: "usage",
      fault: { expected: "1 to 5 clusters", got: "100" },
    });
  });
});

describe("dedupe, bad input", () => {
  const refused = async (change: (matrix: number[][]) => void, options: Partial<DedupeOptions> = {}) => {
    const matrix = profiles(2, 20, 12);
    change(matrix);
    return dedupe(memoryExpression(matrix), { ...exact, ...options });
  };
  const cell = (row: number, gene: number, value: number) => (matrix: number[][]) => {
    matrix[row]?.splice(gene, 1, value);
  };

  it.each([
    [Number.NaN, "no value"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [3e30, "3.000e+30"],
  ] as const)("names every sample with a cell of %d, and the gene", async (value, shown) => {
    const both = refused((matrix) => {
      cell(0, 0, value)(matrix);
      cell(17, 4, value)(matrix);
    });
    const error = await both.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ tag: "bad-data", fault: { what: expect.stringContaining("2 samples of 20") } });
    const { examples = [] } = (error as { fault: { examples?: readonly string[] } }).fault;
    expect(examples.map((example) => example.split(": ")[0])).toEqual(["sample S0, gene G0", "sample S17, gene G4"]);
    for (const example of examples) expect(example.split(": ")[1]).toBe(shown);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the distance %d", async (distance) => {
    await expect(refused(() => undefined, { distance })).rejects.toMatchObject({ tag: "usage" });
  });

  it("refuses samples without genes", async () => {
    await expect(dedupe(memoryExpression([[], []]), exact)).rejects.toMatchObject({ tag: "bad-data" });
  });

  it.each(["exact", "kmeans"] as const)("stops when told so and closes its sessions (%s)", async (method) => {
    const counted = countedOpen();
    const abort = new AbortController();
    const work = dedupe(memoryExpression(profiles(1, 200, 12)), {
      open: counted.open,
      method,
      seed: 1,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(work).rejects.toMatchObject({ tag: "cancelled" });
    expect(counted.live()).toBe(0);
  });

  it("closes its sessions when it is done, and tells its progress to the end", async () => {
    const counted = countedOpen();
    const last = new Map<string, [number, number]>();
    await dedupe(memoryExpression(profiles(1, 200, 12)), {
      ...kmeans,
      open: counted.open,
      clusters: 5,
      onProgress: ({ phase, done, total }) => last.set(phase, [done, total]),
    });
    expect(counted.live()).toBe(0);
    expect([...last.keys()]).toEqual(["sketch samples", "cluster samples", "assign clusters", "compare samples"]);
    expect(last.get("compare samples")).toEqual([200, 200]);
  });
});
