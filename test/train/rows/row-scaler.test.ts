import * as fc from "fast-check";
import { expect, it } from "vitest";
import { columnScaling, standardise } from "../../../data/dataset/standardise.ts";
import { clearMissing } from "../../../data/read/missing.ts";
import { RowScaler } from "../../../train/rows/row-scaler.ts";
import { RowStream } from "../../../train/rows/row-stream.ts";

const value = fc.oneof(
  fc.float({ noDefaultInfinity: false, noNaN: false }),
  fc.constantFrom(-666, 0, -0, Number.NaN, 3.3),
);
const moment = fc.double({ min: -1e3, max: 1e3, noNaN: true });

/** One row of `genes` values, columns of both roles in any order and number, moments of these columns. */
const cases = fc.integer({ min: 1, max: 30 }).chain((genes) => {
  const role = fc.array(
    fc.record({ column: fc.integer({ min: 0, max: genes - 1 }), mean: moment, sd: moment.map(Math.abs) }),
    { minLength: 1, maxLength: 11 },
  );
  return fc.record({
    row: fc.array(value.map(Math.fround), { minLength: genes, maxLength: genes }),
    x: role,
    y: role,
    clip: fc.option(fc.double({ min: 0.01, max: 10, noNaN: true }), { nil: undefined }),
  });
});

it("scales as `standardise` does, bit for bit, whatever the values, columns and moments", () => {
  fc.assert(
    fc.property(cases, ({ row, x, y, clip }) => {
      const scalingOf = (role: typeof x) =>
        columnScaling({
          mean: Float64Array.from(role, ({ mean }) => mean),
          sd: Float64Array.from(role, ({ sd }) => sd),
          epsilon: 1e-3,
          clip,
        });
      const columnsOf = (role: typeof x) => Int32Array.from(role, ({ column }) => column);
      const scaler = new RowScaler({
        genes: row.length,
        landmarkColumns: columnsOf(x),
        targetColumns: columnsOf(y),
        scalings: [{ landmarks: scalingOf(x), targets: scalingOf(y) }],
        maxRows: 1,
      });
      scaler.windows[1].set(row);
      const got = { x: new Float32Array(x.length), y: new Float32Array(y.length) };
      scaler.scale(1, Uint16Array.of(0), { ...got, first: 0 });
      const expected = (role: typeof x): Float32Array => {
        const values = Float32Array.from(role, ({ column }) => row[column] ?? 0);
        clearMissing(values);
        standardise(values, scalingOf(role));
        return values;
      };
      expect(got).toEqual({ x: expected(x), y: expected(y) });
    }),
    { numRuns: 300 },
  );
});

/** A scaler of one gene and windows of 3 rows, and rows that arrive when the test says so. */
function fakeStream() {
  const one = Int32Array.of(0);
  const scaling = columnScaling({ mean: Float64Array.of(0), sd: Float64Array.of(1), epsilon: 0 });
  const scalings = [{ landmarks: scaling, targets: scaling }];
  const scaler = new RowScaler({ genes: 1, landmarkColumns: one, targetColumns: one, scalings, maxRows: 3 });
  const asked: { readonly rows: number[]; readonly arrive: () => void; readonly fail: (error: Error) => void }[] = [];
  const raw = {
    read: (rows: Int32Array, into: Float32Array): Promise<void> =>
      new Promise((resolve, reject) => {
        const arrive = (): void => {
          into.set(rows);
          resolve();
        };
        asked.push({ rows: [...rows], arrive, fail: reject });
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { asked, stream: new RowStream(raw, { scaler, scalingOf: new Uint16Array(100) }) };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const buffers = (rows: number) => ({ x: new Float32Array(rows), y: new Float32Array(rows) });

it("asks for two windows before it returns, and for the next as soon as one has been scaled", async () => {
  const { asked, stream } = fakeStream();
  const into = buffers(8);
  const reading = stream.read(
    Int32Array.from({ length: 8 }, (_, row) => row),
    into,
  );
  const rows = () => asked.map((request) => request.rows);
  expect(rows()).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]);
  asked[1]?.arrive();
  await turn();
  expect(asked).toHaveLength(2);
  asked[0]?.arrive();
  await turn();
  expect(rows().slice(2)).toEqual([[6, 7]]);
  asked[2]?.arrive();
  await reading;
  expect([...into.x]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it("after a failure waits for the other window, and serves the next read", async () => {
  const { asked, stream } = fakeStream();
  const failed = stream.read(
    Int32Array.from({ length: 6 }, (_, row) => row),
    buffers(6),
  );
  const into = buffers(1);
  const next = stream.read(Int32Array.of(42), into);
  asked[1]?.fail(new Error("the disk is gone"));
  await turn();
  asked[0]?.arrive();
  await expect(failed).rejects.toThrow("the disk is gone");
  await turn();
  asked[2]?.arrive();
  await next;
  expect([...into.y]).toEqual([42]);
});
