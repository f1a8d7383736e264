import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeSimulation } from "../../data/node/simulate.ts";
import type { Compendium } from "../../data/simulate/compendium.ts";
import { simulate } from "../../data/simulate/simulate.ts";
import { readWithHdf5, temporaryFolder } from "./write/matrix.ts";

const small: Compendium = { samples: 60, landmarks: 12, targets: 20, studies: 4, seed: 7 };

function values(compendium: Compendium, blockRows?: number): Float32Array {
  const { genes, blocks } = simulate(compendium);
  const width = genes.ids.length;
  const all = new Float32Array(compendium.samples * width);
  let next = 0;
  for (const { start, rows, values: block } of blocks(blockRows)) {
    expect(start).toBe(next);
    expect(block).toHaveLength(rows * width);
    all.set(block, start * width);
    next = start + rows;
  }
  expect(next).toBe(compendium.samples);
  return all;
}

test("values do not depend on the block grid", () => {
  const whole = values(small);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 61 }), (blockRows) => {
      expect(values(small, blockRows)).toEqual(whole);
    }),
    { numRuns: 20, seed: 1 },
  );
});

test("the same numbers give the same values, another seed gives others", () => {
  expect(values(small)).toEqual(values(small));
  expect(values({ ...small, seed: 8 })).not.toEqual(values(small));
});

test("axes name landmarks, targets, samples and studies", () => {
  const { genes, samples } = simulate(small);
  expect(genes.ids.slice(0, 2)).toEqual(["LM0001", "LM0002"]);
  expect(genes.ids.slice(12, 14)).toEqual(["TG00001", "TG00002"]);
  const flags = (name: string) => [...(genes.fields.get(name) ?? [])].map(Number);
  expect(flags("lf_landmark")).toEqual(genes.ids.map((id) => (id.startsWith("LM") ? 1 : 0)));
  expect(flags("lf_target")).toEqual(genes.ids.map((id) => (id.startsWith("TG") ? 1 : 0)));
  const studies = samples.fields.get("study") ?? [];
  expect(new Set(samples.ids).size).toBe(60);
  expect([studies[0], studies[14], studies[15], studies[59]]).toEqual(["ST01", "ST01", "ST02", "ST04"]);
});

test("values lie on a log2-like scale, each gene at a level of its own", () => {
  const all = values({ ...small, samples: 400 });
  expect(all.every((value) => value >= 0 && value <= 16)).toBe(true);
  const means = columnMeans(all, 32);
  expect(Math.max(...means) - Math.min(...means)).toBeGreaterThan(3);
});

test("numbers that make no compendium are refused all at once", () => {
  const bad = { samples: 0, landmarks: 1.5, targets: Number.NaN, studies: 2, seed: 0.1 };
  const message = expect.stringMatching(/samples is 0; landmarks is 1.5; targets is NaN; seed is 0.1; 2 studies/);
  expect(() => simulate(bad)).toThrow(expect.objectContaining({ tag: "usage", message }));
});

describe("the signal", () => {
  const compendium: Compendium = { samples: 1500, landmarks: 36, targets: 30, studies: 5, seed: 3 };
  const { landmarks, targets } = compendium;
  const [x, y] = standardised(values(compendium), compendium);
  const rows = (start: number, end: number) => ({
    x: x.subarray(start * landmarks, end * landmarks),
    y: y.subarray(start * targets, end * targets),
  });
  // Every third profile is held out, so that both parts see all studies.
  const held = split(compendium.samples, (i) => i % 3 === 0);
  const kept = split(compendium.samples, (i) => i % 3 !== 0);
  const gather = (indices: readonly number[], ofLandmarks: boolean) =>
    Float64Array.from(indices.flatMap((i) => [...rows(i, i + 1)[ofLandmarks ? "x" : "y"]]));

  test("lets ridge regression nearly halve the error of the mean, and leaves a non-linear rest", () => {
    const truth = gather(held, false);
    const meanError = truth.reduce((sum, value) => sum + Math.abs(value), 0) / truth.length;
    const linear = ridgeError((indices) => gather(indices, true));
    expect(linear / meanError).toBeLessThan(0.75);
    // Products of pairs of programmes, read off the landmarks that share one: what a network can find.
    const withProducts = ridgeError((indices) => expanded(gather(indices, true), landmarks));
    expect(withProducts / linear).toBeLessThan(0.95);
  });

  function ridgeError(features: (indices: readonly number[]) => Float64Array): number {
    const train = features(kept);
    const width = train.length / kept.length;
    const weights = ridge(train, gather(kept, false), { width, targets, lambda: 0.05 * kept.length });
    const tested = features(held);
    const truth = gather(held, false);
    let error = 0;
    held.forEach((_, row) => {
      for (let t = 0; t < targets; t++) {
        let predicted = 0;
        for (let f = 0; f < width; f++) predicted += (tested[row * width + f] ?? 0) * (weights[f * targets + t] ?? 0);
        error += Math.abs(predicted - (truth[row * targets + t] ?? 0));
      }
    });
    return error / truth.length;
  }
});

describe("a compendium on disk", () => {
  test("is one GCTX file named after its shape, and is not made twice", async () => {
    const folder = join(await temporaryFolder(), "new");
    const made = await writeSimulation(folder, small);
    expect(made).toEqual({ path: join(folder, "simulated_n60x32.gctx"), outcome: "written", notes: [] });
    const read = await readWithHdf5(made.path);
    expect(read.values).toEqual(values(small));
    expect(read.row["lf_landmark"]).toEqual(Array.from({ length: 32 }, (_, gene) => (gene < 12 ? 1 : 0)));
    expect(read.col["study"]?.[59]).toBe("ST04");
    expect(read.attributes).toMatchObject({ src: "landfall simulate", lf_scale: "log2" });
    expect(await writeSimulation(folder, small)).toMatchObject({ outcome: "unchanged" });
    await expect(writeSimulation(folder, { ...small, seed: 8 })).rejects.toMatchObject({ tag: "other-plan" });
    expect((await readWithHdf5(made.path)).values).toEqual(read.values);
    expect(await writeSimulation(folder, { ...small, seed: 8 }, { force: true })).toMatchObject({ outcome: "written" });
    expect(await readdir(folder)).toEqual(["simulated_n60x32.gctx"]);
  });

  test("is not begun when the work is cancelled", async () => {
    const folder = await temporaryFolder();
    const cancelled = writeSimulation(folder, small, { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ tag: "cancelled" });
    expect(await readdir(folder)).toEqual([]);
  });
});

const split = (count: number, keep: (index: number) => boolean): number[] =>
  Array.from({ length: count }, (_, i) => i).filter(keep);

function columnMeans(all: Float32Array, width: number): number[] {
  const rows = all.length / width;
  return Array.from({ length: width }, (_, gene) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += all[row * width + gene] ?? 0;
    return sum / rows;
  });
}

/** Landmarks and targets in z units over all profiles. */
function standardised(all: Float32Array, { samples, landmarks, targets }: Compendium): [Float64Array, Float64Array] {
  const width = landmarks + targets;
  const means = columnMeans(all, width);
  const [x, y] = [new Float64Array(samples * landmarks), new Float64Array(samples * targets)];
  means.forEach((mean, gene) => {
    let square = 0;
    for (let row = 0; row < samples; row++) square += ((all[row * width + gene] ?? 0) - mean) ** 2;
    const sd = Math.sqrt(square / samples);
    for (let row = 0; row < samples; row++) {
      const z = ((all[row * width + gene] ?? 0) - mean) / sd;
      if (gene < landmarks) x[row * landmarks + gene] = z;
      else y[row * targets + gene - landmarks] = z;
    }
  });
  return [x, y];
}

/** Adds the products of the (three) programmes' means over their landmarks, and a constant. */
function expanded(x: Float64Array, landmarks: number): Float64Array {
  const programmes = 3;
  const width = landmarks + 1 + (programmes * (programmes + 1)) / 2;
  const rows = x.length / landmarks;
  const out = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const profile = x.subarray(row * landmarks, (row + 1) * landmarks);
    out.set(profile, row * width);
    let at = row * width + landmarks;
    out[at++] = 1;
    // The first landmark of a programme gives the sign of the others, by correlation over all rows.
    const activity = Array.from({ length: programmes }, (_, p) => {
      let sum = 0;
      for (let gene = p; gene < landmarks; gene += programmes)
        sum += (profile[gene] ?? 0) * signOf(x, landmarks, [p, gene]);
      return (sum * programmes) / landmarks;
    });
    for (let a = 0; a < programmes; a++) {
      for (let b = a; b < programmes; b++) out[at++] = (activity[a] ?? 0) * (activity[b] ?? 0);
    }
  }
  return out;
}

function signOf(x: Float64Array, width: number, [one, other]: readonly [number, number]): number {
  let sum = 0;
  for (let at = 0; at < Math.min(x.length, 300 * width); at += width) sum += (x[at + one] ?? 0) * (x[at + other] ?? 0);
  return Math.sign(sum);
}

/** (XᵀX + λI)⁻¹ XᵀY by elimination: small, written out, no library. */
function ridge(
  x: Float64Array,
  y: Float64Array,
  { width, targets, lambda }: { readonly width: number; readonly targets: number; readonly lambda: number },
): Float64Array {
  const rows = x.length / width;
  const columns = width + targets;
  const system = new Float64Array(width * columns);
  for (let i = 0; i < width; i++) {
    for (let row = 0; row < rows; row++) {
      const xi = x[row * width + i] ?? 0;
      for (let j = 0; j < width; j++)
        system[i * columns + j] = (system[i * columns + j] ?? 0) + xi * (x[row * width + j] ?? 0);
      for (let t = 0; t < targets; t++) {
        system[i * columns + width + t] = (system[i * columns + width + t] ?? 0) + xi * (y[row * targets + t] ?? 0);
      }
    }
    system[i * columns + i] = (system[i * columns + i] ?? 0) + lambda;
  }
  // Gauss–Jordan without pivoting: the matrix is positive definite.
  for (let pivot = 0; pivot < width; pivot++) {
    const divisor = system[pivot * columns + pivot] ?? Number.NaN;
    for (let j = pivot; j < columns; j++) system[pivot * columns + j] = (system[pivot * columns + j] ?? 0) / divisor;
    for (let i = 0; i < width; i++) {
      const factor = system[i * columns + pivot] ?? 0;
      if (i === pivot || factor === 0) continue;
      for (let j = pivot; j < columns; j++) {
        system[i * columns + j] = (system[i * columns + j] ?? 0) - factor * (system[pivot * columns + j] ?? 0);
      }
    }
  }
  const weights = new Float64Array(width * targets);
  for (let i = 0; i < width; i++) weights.set(system.subarray(i * columns + width, (i + 1) * columns), i * targets);
  return weights;
}
