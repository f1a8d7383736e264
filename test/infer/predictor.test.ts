import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Imputer } from "../../data/impute.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import { Predictor } from "../../infer/predictor.ts";
import { openSession } from "../../runtime/node/open.ts";
import { isAppError } from "../../schemas/index.ts";
import { makeProfiles, withoutGenes } from "./support/profiles.ts";
import { formula, makeSmallModel, type SmallModel, sizes } from "./support/small-model.ts";

let folder: string;
let small: SmallModel;
let model: Predictor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-predictor-"));
  small = await makeSmallModel(folder);
  model = await loadModelFolder(small.dir, { device: "cpu" });
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const { landmarks: l, targets: t } = sizes;
const landmarkIds = (): string[] => small.genes.slice(0, l).map(({ id }) => id);

/** The landmarks of profile `row` of values whose rows begin with them. */
const landmarksOf = (values: Float32Array, row: number): Float32Array => {
  const width = l + 2;
  return values.subarray(row * width, row * width + l);
};

describe("a prediction", () => {
  it("is the model's formula in float64 (up to float32), landmarks as measured before it", async () => {
    const profiles = makeProfiles({ samples: 7 });
    const { values, genes, ood } = await model.predict(profiles);
    const width = l + t;
    expect(genes.ids).toEqual(small.genes.map(({ id }) => id));
    for (let row = 0; row < 7; row += 1) {
      const measured = landmarksOf(profiles.values, row);
      expect(values.subarray(row * width, row * width + l)).toEqual(measured);
      for (const [target, expected] of formula(small, measured).entries())
        expect(values[row * width + l + target]).toBeCloseTo(expected, 4);
    }
    expect(ood.every((score) => score > 0)).toBe(true);
  });
  it("in z scores is the native one minus the mean over sd + ε", async () => {
    const profiles = makeProfiles({ samples: 3 });
    const native = await model.predict(profiles);
    const inZ = await model.predict({ ...profiles, options: { scale: "z" } });
    const { targets, epsilon } = small.manifest.transform;
    for (let target = 0; target < t; target += 1) {
      const expected =
        ((native.values[l + target] ?? 0) - (targets.mean[target] ?? 0)) / ((targets.sd[target] ?? 0) + epsilon);
      expect(inZ.values[l + target]).toBeCloseTo(expected, 5);
    }
    expect(inZ.values.subarray(0, l)).toEqual(native.values.subarray(0, l));
    const maeOf = (axis: typeof native.genes, at: number) => (axis.fields.get("lf_mae") as Float64Array)[at];
    expect(maeOf(inZ.genes, l + 1)).toBeCloseTo(
      (maeOf(native.genes, l + 1) ?? 0) / ((targets.sd[1] ?? 0) + epsilon),
      12,
    );
  });
  it("takes lists of profiles and plain gene ids", async () => {
    const profiles = makeProfiles({ samples: 2 });
    const lists = [0, 1].map((row) => Array.from(landmarksOf(profiles.values, row)));
    const fromLists = await model.predict({ genes: landmarkIds(), values: lists });
    expect(fromLists.values).toEqual((await model.predict(profiles)).values);
    expect(fromLists.samples).toEqual(["1", "2"]);
  });
  it("does not depend on the profiles that are run together: blocks of any size give the same bits", async () => {
    const profiles = makeProfiles({ samples: 70 });
    // Missing cells, so that imputation is part of what must not depend on the block.
    for (let i = 3; i < profiles.values.length; i += 37) profiles.values[i] = Number.NaN;
    const plan = model.prepareInput(profiles.genes, { label: "test" });
    const width = profiles.genes.ids.length;
    const whole = await model.run({ start: 0, rows: 70, values: profiles.values }, plan);
    for (const size of [1, 2, 3, 16, 33, 69]) {
      for (let start = 0; start < 70; start += size) {
        const rows = Math.min(size, 70 - start);
        const values = profiles.values.slice(start * width, (start + rows) * width);
        const part = await model.run({ start, rows, values }, plan);
        expect(part.targets).toEqual(whole.targets.subarray(start * t, (start + rows) * t));
        expect(part.measured).toEqual(whole.measured.subarray(start * l, (start + rows) * l));
        expect(part.ood).toEqual(whole.ood.subarray(start, start + rows));
        expect(part.missing).toEqual(whole.missing.subarray(start, start + rows));
      }
    }
  });
  it("has the same bits with one thread as with two", async () => {
    await using single = await loadModelFolder(small.dir, { device: "cpu", threads: 1 });
    await using twice = await loadModelFolder(small.dir, { device: "cpu", threads: 2 });
    const profiles = makeProfiles({ samples: 65 });
    expect((await single.predict(profiles)).values).toEqual((await twice.predict(profiles)).values);
  });
});

describe("missing landmarks", () => {
  const imputed = async (profile: Float32Array): Promise<Float32Array> => {
    const stats = Uint8Array.from(await readFile(join(small.dir, "landmarks.stats.f32")));
    const moments = new Float32Array(stats.buffer);
    const filled = profile.slice();
    Imputer.from(moments.subarray(0, l), moments.subarray(l)).fill(filled, 1);
    return filled;
  };
  it("that the whole input lacks are imputed, say so, and the targets follow from them", async () => {
    const profiles = withoutGenes(makeProfiles({ samples: 2 }), ["LMK3"]);
    const { values, genes, missing } = await model.predict(profiles);
    const profile = Float32Array.from(landmarkIds(), (id) => {
      const column = profiles.genes.ids.indexOf(id);
      return column < 0 ? Number.NaN : (profiles.values[column] ?? Number.NaN);
    });
    const complete = await imputed(profile);
    expect(values[3]).toBe(complete[3]);
    expect(values[l + 4]).toBeCloseTo(formula(small, complete)[4] ?? 0, 4);
    expect(Array.from(missing)).toEqual([1, 1]);
    expect((genes.fields.get("pr_is_lmark") as string[]).slice(0, 5)).toEqual(["Y", "Y", "Y", "N", "Y"]);
    expect((genes.fields.get("lf_input_id") as string[]).slice(0, 5)).toEqual(["LMK0", "LMK1", "LMK2", "", "LMK4"]);
  });
  it("of single profiles are imputed for the model but stay missing among what was measured", async () => {
    const profiles = makeProfiles({ samples: 2 });
    profiles.values[5] = Number.NaN;
    const { values, missing } = await model.predict(profiles);
    expect(values[5]).toBeNaN();
    expect(Array.from(missing)).toEqual([1, 0]);
    const complete = await imputed(landmarksOf(profiles.values, 0));
    expect(values[l + 4]).toBeCloseTo(formula(small, complete)[4] ?? 0, 4);
  });
  it("are refused above the share that is allowed", async () => {
    const profiles = withoutGenes(makeProfiles({ samples: 2 }), ["LMK3", "LMK4", "LMK5"]);
    await expect(model.predict(profiles)).rejects.toThrow("3 of 24 landmarks are missing (12.5 %)");
    await expect(model.predict({ ...profiles, options: { maxMissing: 0.2 } })).resolves.toBeDefined();
  });
});

describe("harmonise", () => {
  /** Another platform: every gene shifted and stretched by its own amounts. */
  const shifted = (samples: number) => {
    const profiles = makeProfiles({ samples });
    const width = profiles.genes.ids.length;
    const values = profiles.values.map((x, i) => ((i % width) % 3) + 1 + x * (1 + ((i % width) % 4) / 8));
    return { ...profiles, values };
  };
  it("cohort gives an input of another platform the training moments, measured values untouched", async () => {
    const profiles = shifted(60);
    const { values } = await model.predict({ ...profiles, options: { harmonise: "cohort", allowScaleMismatch: true } });
    const width = l + t;
    expect(values.subarray(0, l)).toEqual(landmarksOf(profiles.values, 0));
    // Oracle: each landmark standardised by its own moments, then run by the formula.
    const { transform } = small.manifest;
    const column = (i: number) => Array.from({ length: 60 }, (_, row) => landmarksOf(profiles.values, row)[i] ?? 0);
    const mapped = Float64Array.from({ length: l }, (_, i) => {
      const x = column(i);
      const mean = x.reduce((a, b) => a + b) / 60;
      const sd = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 60);
      const z = ((x[11] ?? 0) - mean) / (sd + transform.epsilon);
      return z * ((transform.landmarks.sd[i] ?? 0) + transform.epsilon) + (transform.landmarks.mean[i] ?? 0);
    });
    for (const [target, expected] of formula(small, mapped).entries())
      expect(values[11 * width + l + target]).toBeCloseTo(expected, 3);
  });
  it("quantile makes the result independent of any monotone change of scale", async () => {
    const profiles = makeProfiles({ samples: 4 });
    const stretched = { ...profiles, values: profiles.values.map((x) => 2 ** x) };
    const options = { harmonise: "quantile", allowScaleMismatch: true } as const;
    const plain = await model.predict({ ...profiles, options });
    const other = await model.predict({ ...stretched, options });
    const targetsOf = ({ values }: typeof plain) => values.slice(l, l + t);
    expect(targetsOf(other)).toEqual(targetsOf(plain));
    expect(targetsOf(plain)).not.toEqual(targetsOf(await model.predict(profiles)));
  });
  it("cohort wants enough profiles", async () => {
    const few = { ...makeProfiles({ samples: 5 }), options: { harmonise: "cohort" } } as const;
    await expect(model.predict(few)).rejects.toThrow(/too few profiles .*--harmonise quantile/);
  });
});

describe("an input is refused", () => {
  it("on another scale, with advice, unless that is allowed; then with a warning", async () => {
    const profiles = makeProfiles({ samples: 30 });
    const linear = { ...profiles, values: profiles.values.map((x) => 2 ** x) };
    const refused = await model.predict(linear).catch((error: unknown) => error);
    expect(isAppError(refused, "scale-mismatch")).toBe(true);
    const allowed = await model.predict({ ...linear, options: { allowScaleMismatch: true } });
    expect(allowed.warnings.join()).toContain("the model takes log2 values");
  });
  it("with infinite values, naming profile and gene", async () => {
    const profiles = makeProfiles({ samples: 3 });
    profiles.values[profiles.genes.ids.length + 2] = Number.POSITIVE_INFINITY;
    await expect(model.predict(profiles)).rejects.toThrow("profile 2, gene LMK2: Infinity");
  });
  it("with duplicate landmarks, unless they are to be merged", async () => {
    const profiles = makeProfiles({ samples: 2 });
    const ids = profiles.genes.ids.map((id) => (id === "OTHER2" ? "LMK1" : id));
    const input = { ...profiles, genes: { ids, fields: new Map() } };
    await expect(model.predict(input)).rejects.toThrow("landmark LMK1 = LMK1,LMK1");
    const merged = await model.predict({ ...input, options: { duplicates: "max" } });
    expect(merged.values[1]).toBe(Math.max(profiles.values[1] ?? 0, 7));
    expect((merged.genes.fields.get("lf_input_id") as string[])[1]).toBe("LMK1,LMK1");
  });
  it("whose profiles have other lengths than the list of genes", async () => {
    const input = { genes: landmarkIds(), values: [[1, 2], Array.from({ length: l }, () => 5)] };
    await expect(model.predict(input)).rejects.toThrow("profile 1: 2 values");
    await expect(model.predict({ genes: landmarkIds(), values: new Float32Array(5) })).rejects.toThrow("do not fit");
    await expect(model.predict({ genes: landmarkIds(), values: [] })).rejects.toThrow("no profiles");
  });
});

describe("a model is refused", () => {
  const parts = async () => ({
    manifest: small.manifest,
    genes: small.genes,
    landmarkStats: new Float32Array(Uint8Array.from(await readFile(join(small.dir, "landmarks.stats.f32"))).buffer),
    session: await openSession({ path: join(small.dir, "model.onnx") }, { device: "cpu" }),
  });
  it("when its golden results are other ones here, naming row and gene", async () => {
    const { manifest, ...rest } = await parts();
    await using _session = rest.session;
    const [first = [], ...others] = manifest.golden.targets;
    const targets = [first.map((value, i) => (i === 2 ? value + 0.01 : value)), ...others];
    const golden = { ...manifest.golden, targets };
    await expect(Predictor.open({ ...rest, manifest: { ...manifest, golden } })).rejects.toThrow(
      /gives other results on cpu .* golden row 1, TGT2: expected/,
    );
  });
  it("when its parts are not of one model, naming all that differ", async () => {
    const { genes, landmarkStats, ...rest } = await parts();
    await using _session = rest.session;
    const opening = Predictor.open({ ...rest, genes: genes.slice(1), landmarkStats: landmarkStats.subarray(1) });
    await expect(opening).rejects.toThrow(/genes.tsv landmarks: 23 instead of 24.*599 instead of 600/);
  });
});
