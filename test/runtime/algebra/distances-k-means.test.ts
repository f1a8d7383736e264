import { describe, expect, it } from "vitest";
import { Random } from "../../../data/random.ts";
import { Distances } from "../../../runtime/algebra/distances.ts";
import { miniBatchKMeans, nearestCentres, type RowBlocks } from "../../../runtime/algebra/k-means.ts";
import { countedOpen } from "./opened.ts";

const { open } = countedOpen();

/** Rows around `groups` far corners, in turn: row i belongs to group i % groups. */
function grouped(rows: number, groups: number, columns = 6): RowBlocks & { readonly values: Float32Array } {
  const random = new Random(9);
  const corners = Array.from({ length: groups * columns }, () => 1000 + 40 * random.normal());
  const values = Float32Array.from(
    { length: rows * columns },
    (_, i) => (corners[(Math.floor(i / columns) % groups) * columns + (i % columns)] ?? Number.NaN) + random.normal(),
  );
  const read = (wanted: Int32Array): Promise<Float32Array> => {
    const out = new Float32Array(wanted.length * columns);
    for (const [at, row] of wanted.entries())
      out.set(values.subarray(row * columns, (row + 1) * columns), at * columns);
    return Promise.resolve(out);
  };
  return { rows, columns, values, read };
}

async function fitted(data: RowBlocks & { readonly values: Float32Array }, clusters: number, batchRows = 50) {
  await using distances = new Distances(open);
  const fit = await miniBatchKMeans(data, { distances, clusters, batchRows, random: new Random(1) });
  const labels = await nearestCentres(distances, fit, { values: data.values.slice(), rows: data.rows });
  return { fit, labels };
}

describe("miniBatchKMeans", () => {
  it("finds groups that lie far apart, each with a centre at its mean", async () => {
    const data = grouped(600, 6);
    const { fit, labels } = await fitted(data, 6);
    for (const [row, label] of labels.entries()) expect(label).toBe(labels[row % 6]);
    expect(new Set(labels).size).toBe(6);
    for (let group = 0; group < 6; group++)
      for (let column = 0; column < data.columns; column++) {
        let mean = 0;
        for (let row = group; row < data.rows; row += 6) mean += (data.values[row * data.columns + column] ?? 0) / 100;
        const centre = (fit.centres[(labels[group] ?? 0) * data.columns + column] ?? 0) + (fit.shift[column] ?? 0);
        // A centre is the mean of the rows it was given, 100 a pass: sd 0.1 when passes are cut short.
        expect(Math.abs(centre - mean)).toBeLessThan(0.25);
      }
  });

  it("gives one centre at the running mean of all rows after a whole pass (plain loop as oracle)", async () => {
    const data = grouped(100, 3);
    await using distances = new Distances(open);
    const options = { distances, clusters: 1, batchRows: 30, passes: 1, random: new Random(2) };
    const { centres, shift, counts, steps, converged } = await miniBatchKMeans(data, options);
    expect([[...counts], steps, converged]).toEqual([[100], 4, false]);
    for (let column = 0; column < data.columns; column++) {
      let mean = 0;
      for (let row = 0; row < 100; row++) mean += (data.values[row * data.columns + column] ?? 0) / 100;
      expect((centres[column] ?? 0) + (shift[column] ?? 0)).toBeCloseTo(mean, 3);
    }
  });

  it("labels every row with the centre that float64 loops find nearest", async () => {
    const data = grouped(300, 20);
    const { fit, labels } = await fitted(data, 11);
    for (let row = 0; row < data.rows; row++) {
      const squared = Array.from({ length: 11 }, (_, cluster) => {
        let sum = 0;
        for (let c = 0; c < 6; c++)
          sum +=
            ((data.values[row * 6 + c] ?? 0) - (fit.shift[c] ?? 0) - (fit.centres[cluster * 6 + c] ?? Number.NaN)) ** 2;
        return sum;
      });
      expect(squared[labels[row] ?? -1]).toBeCloseTo(Math.min(...squared), 1);
    }
  });

  it("ends early where nothing improves", async () => {
    const same = grouped(400, 1);
    const { fit } = await fitted(same, 5, 20);
    expect(fit.converged).toBe(true);
    expect(fit.steps).toBeLessThan(200);
  });

  it("copes with fewer different rows than clusters, and restarts centres that get nothing", async () => {
    const values = new Float32Array(40).fill(3);
    const data = {
      rows: 20,
      columns: 2,
      values,
      read: async (rows: Int32Array) => new Float32Array(2 * rows.length).fill(3),
    };
    const { fit, labels } = await fitted(data, 4);
    expect(new Set(labels).size).toBe(1);
    // All rows go to the first of four equal centres; the others are started anew, on rows equal to it.
    expect([...fit.counts].every((count) => count > 0)).toBe(true);
  });

  it("refuses more clusters than rows, and sizes that are no counts", async () => {
    await using distances = new Distances(open);
    const random = new Random(1);
    const fit = (clusters: number, batchRows = 10) =>
      miniBatchKMeans(grouped(5, 1), { distances, clusters, batchRows, random });
    await expect(fit(6)).rejects.toMatchObject({ tag: "usage", fault: { expected: "at most 5 clusters" } });
    await expect(fit(0)).rejects.toMatchObject({ tag: "usage" });
    await expect(fit(2, 0.5)).rejects.toMatchObject({ tag: "usage" });
  });
});
