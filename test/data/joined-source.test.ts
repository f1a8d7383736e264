import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JoinedPart, joinSources } from "../../data/joined-source.ts";
import type { Axis, Block, BlockRange, ExpressionSource, MetaColumn } from "../../data/source.ts";
import { memorySource } from "../../infer/memory-source.ts";

const genes: Axis = { ids: ["A", "B", "C"], fields: new Map() };
const width = genes.ids.length;

interface PartSpec {
  readonly samples: number;
  readonly rows?: readonly number[] | undefined;
  readonly fields?: Readonly<Record<string, MetaColumn>>;
  readonly ids?: readonly string[];
}

/** Files whose value of gene g in row r of file f is 10000 f + 10 r + g. */
function partsOf(specs: readonly PartSpec[], read: number[] = []): JoinedPart[] {
  return specs.map(({ samples, rows, fields = {}, ids }, file) => {
    const axis: Axis = {
      ids: ids ?? Array.from({ length: samples }, (_, row) => `${file}:${row}`),
      fields: new Map(Object.entries(fields)),
    };
    const values = Float32Array.from(
      { length: samples * width },
      (_, i) => 10000 * file + 10 * Math.floor(i / width) + (i % width),
    );
    const source: ExpressionSource = memorySource({ genes, samples: axis, values, label: `f${file}` });
    const counted: ExpressionSource = {
      ...source,
      async *blocks(range?: BlockRange) {
        for await (const block of source.blocks(range)) {
          read.push(block.rows);
          yield block;
        }
      },
    };
    return {
      label: `f${file}`,
      format: "gctx",
      samples: axis,
      ...(rows !== undefined && { rows: Int32Array.from(rows) }),
      use: () => Promise.resolve(counted),
      gather: (block) => block.values.slice(),
    };
  });
}

const join = (parts: readonly JoinedPart[]): ExpressionSource =>
  joinSources({ parts, genes, warnings: [], close: () => Promise.resolve() });

async function blocksOf(source: ExpressionSource, range?: BlockRange): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const block of source.blocks(range)) blocks.push(block);
  return blocks;
}

/** The first gene's value of every taken row, in order. */
const expectedRows = (specs: readonly PartSpec[]): number[] =>
  specs.flatMap(({ samples, rows }, file) =>
    (rows ?? Array.from({ length: samples }, (_, row) => row)).map((row) => 10000 * file + 10 * row),
  );

describe("joined files", () => {
  it("read as one, whatever the range, the size of a block and the rows taken", async () => {
    const part = fc.integer({ min: 1, max: 60 }).chain((samples) =>
      fc.record({
        samples: fc.constant(samples),
        rows: fc.option(
          fc.uniqueArray(fc.integer({ min: 0, max: samples - 1 })).map((rows) => rows.toSorted((a, b) => a - b)),
          { nil: undefined },
        ),
      }),
    );
    const cases = fc.record({
      specs: fc.array(part, { minLength: 1, maxLength: 5 }),
      blockRows: fc.integer({ min: 1, max: 70 }),
      at: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ specs, blockRows, at }) => {
        const all = expectedRows(specs);
        fc.pre(all.length > 0);
        const [start = 0, end = 0] = at.map((share) => Math.round(share * all.length)).toSorted((a, b) => a - b);
        const source = join(partsOf(specs));
        expect(source.samples.ids.length).toBe(all.length);
        const blocks = await blocksOf(source, { start, end, blockRows });
        expect(blocks.map((block) => block.start)).toEqual(blocks.map((_, i) => start + i * blockRows));
        expect(blocks.slice(0, -1).every(({ rows }) => rows === blockRows)).toBe(true);
        const wanted = all.slice(start, end).flatMap((first) => [first, first + 1, first + 2]);
        expect(blocks.flatMap(({ values }) => [...values])).toEqual(wanted);
      }),
      { numRuns: 200 },
    );
  });
  it("are read only where rows are taken, in few readings", async () => {
    const read: number[] = [];
    const source = join(partsOf([{ samples: 1000, rows: [3, 5, 20, 500, 999] }], read));
    const [block] = await blocksOf(source);
    expect([...(block?.values ?? [])].filter((_, i) => i % width === 0)).toEqual([30, 50, 200, 5000, 9990]);
    expect(read).toEqual([18, 1, 1]);
  });
  it("have the columns of all, empty where a file has none, text where one has text", () => {
    const { samples } = join(
      partsOf([
        { samples: 2, fields: { dose: Float64Array.of(1, 2.5), cell: ["A549", "MCF7"], well: Float64Array.of(1, 2) } },
        { samples: 2, rows: [1], fields: { dose: ["none", "10 um"], time: Float64Array.of(6, 24) } },
      ]),
    );
    expect(samples.ids).toEqual(["0:0", "0:1", "1:1"]);
    expect(Object.fromEntries(samples.fields)).toEqual({
      dose: ["1", "2.5", "10 um"],
      cell: ["A549", "MCF7", ""],
      well: Float64Array.of(1, 2, Number.NaN),
      time: Float64Array.of(Number.NaN, Number.NaN, 24),
      lf_input: ["f0", "f0", "f1"],
    });
  });
  it("may hold a sample once, unless only one of its rows is taken", () => {
    const specs: readonly PartSpec[] = [
      { samples: 2, ids: ["x", "y"] },
      { samples: 2, ids: ["z", "x"] },
    ];
    expect(() => join(partsOf(specs))).toThrow(/1 sample ids occur in more than one input: x in f0 and f1/);
    expect(join(partsOf(specs.map((spec, i) => (i === 1 ? { ...spec, rows: [0] } : spec)))).samples.ids).toHaveLength(
      3,
    );
  });
});
