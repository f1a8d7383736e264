import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EvaluatedModel, meanBaseline } from "../../evaluate/contestant.ts";
import { Evaluation } from "../../schemas/evaluation.ts";
import { isAppError, type Progress } from "../../schemas/index.ts";
import { blocksOf, shrinking, small, smallEvaluation, truth } from "./small-evaluation.ts";

const inOrder = Array.from({ length: small.samples }, (_, i) => i);
const magnitude = truth.reduce((sum, value) => sum + Math.abs(value), 0) / truth.length;

describe("a small evaluation", () => {
  test("is a valid Evaluation, the model before the baselines", async () => {
    const { evaluation } = await smallEvaluation();
    expect(Evaluation.parse(evaluation)).toEqual(evaluation);
    expect(evaluation.all.map(({ model }) => model)).toEqual(["net:1", "mean", "ridge"]);
    expect(evaluation).toMatchObject({ groupField: "study", groups: 4, overlappingTargets: 2 });
  });

  test("has the scores that follow from the models: |error| = (1 − gain)·|truth|", async () => {
    const { evaluation } = await smallEvaluation();
    const [net, mean, ridge] = evaluation.all;
    expect(net?.mae.mean).toBeCloseTo(0.25 * magnitude, 12);
    expect(mean?.mae.mean).toBeCloseTo(magnitude, 12);
    expect(ridge?.mae.mean).toBeCloseTo(0.5 * magnitude, 12);
    expect(net?.pearson?.mean).toBeCloseTo(1, 12);
    expect(net?.spearman?.mean).toBe(1);
    expect(net?.sdRatio?.mean).toBeCloseTo(0.75, 12);
    // |error| ≤ 0.5 where |truth| ≤ 2.
    expect(net?.coverage90?.mean).toBeCloseTo(truth.filter((z) => Math.abs(z) <= 2).length / truth.length, 12);
    expect(ridge?.coverage90).toBeUndefined();
    // The mean does not vary: no correlation, but a ratio of 0.
    expect([mean?.pearson, mean?.spearman]).toEqual([undefined, undefined]);
    expect(mean?.sdRatio?.mean).toBe(0);
  });

  test("compares a baseline with those before it", async () => {
    const { evaluation } = await smallEvaluation();
    const pairs = evaluation.comparisons.map(({ model, baseline }) => `${model} against ${baseline}`);
    expect(pairs).toEqual(["net:1 against mean", "net:1 against ridge", "ridge against mean"]);
    expect(evaluation.comparisons[2]?.improvement).toBeCloseTo(0.5, 12);
  });

  test("compares with every baseline", async () => {
    const { evaluation } = await smallEvaluation();
    const [mean, ridge] = evaluation.comparisons;
    expect(mean).toMatchObject({ model: "net:1", baseline: "mean", winRate: 1, resampled: "groups", resamplings: 200 });
    expect(mean?.improvement).toBeCloseTo(0.75, 12);
    expect(ridge?.improvement).toBeCloseTo(0.5, 12);
    // All six genes won: 2 · (1/2)^6. The error is the same share everywhere, so every resampling agrees.
    expect(ridge?.wilcoxonP).toBe(2 / 64);
    expect(ridge?.improvementInterval[0]).toBeCloseTo(0.5, 12);
    expect(ridge?.improvementInterval[1]).toBeCloseTo(0.5, 12);
  });

  test("scores the targets that are no landmarks separately", async () => {
    const { evaluation, perGene } = await smallEvaluation();
    const mae = perGene.columns[0]?.metrics.mae ?? new Float64Array(0);
    const rest = mae.subarray(1, 5).reduce((sum, value) => sum + value, 0) / 4;
    expect(evaluation.withoutOverlap?.[0]?.genes).toBe(4);
    expect(evaluation.withoutOverlap?.[0]?.mae.mean).toBeCloseTo(rest, 14);
    const none = await smallEvaluation({ overlap: new Uint8Array(small.targets) });
    expect(none.evaluation.withoutOverlap).toBeUndefined();
  });

  test("compares over the targets that are no landmarks, as an evaluation without the others does", async () => {
    const uneven = {
      name: "net:1",
      predict: async (z: Float32Array) => ({ targets: z.map((value, i) => (i % 6 < 3 ? value * 0.9 : value * 0.3)) }),
    };
    const rest = truth.filter((_, i) => ![0, 5].includes(i % small.targets));
    const restOf = (model: EvaluatedModel): EvaluatedModel => ({
      name: model.name,
      predict: async (landmarks, rows) => {
        const { targets } = await model.predict(landmarks, rows);
        return { targets: targets.filter((_, i) => ![0, 5].includes(i % small.targets)) };
      },
    });
    async function* restBlocks() {
      for await (const block of blocksOf()) {
        const targets = block.targets.filter((_, i) => ![0, 5].includes(i % small.targets));
        yield { ...block, targets };
      }
    }
    expect(rest).toHaveLength(small.samples * 4);
    const baselines = [meanBaseline(small.targets), shrinking("ridge", 0.5)];
    for (const of of [(sample: number) => `S${sample % 4}`, () => "only"]) {
      const groups = { field: "study", of };
      const { evaluation } = await smallEvaluation({ models: [uneven], baselines, groups });
      const alone = await smallEvaluation({
        models: [restOf(uneven)],
        baselines: baselines.map(restOf),
        blocks: restBlocks(),
        targets: ["G1", "G2", "G3", "G4"].map((id) => ({ id, symbol: "" })),
        overlap: new Uint8Array(4),
        groups,
      });
      expect(alone.evaluation.comparisonsWithoutOverlap).toBeUndefined();
      expect(evaluation.comparisonsWithoutOverlap).toEqual(alone.evaluation.comparisons);
      expect(evaluation.comparisonsWithoutOverlap).not.toEqual(evaluation.comparisons);
    }
  });

  test("gives the error of each group, which its samples have", async () => {
    const { evaluation } = await smallEvaluation();
    const groups = evaluation.byGroup ?? [];
    expect(groups.map(({ group }) => group).toSorted()).toEqual(["S0", "S1", "S2", "S3"]);
    expect(groups.map(({ samples }) => samples)).toEqual([10, 10, 10, 10]);
    const errors = groups.map(({ mae }) => mae["net:1"] ?? 0);
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
    const first = inOrder.filter((sample) => sample % 4 === 0);
    const cells = first.flatMap((sample) => [...truth.subarray(sample * small.targets, (sample + 1) * small.targets)]);
    const expected = cells.reduce((sum, value) => sum + 0.25 * Math.abs(value), 0) / cells.length;
    expect(groups.find(({ group }) => group === "S0")?.mae["net:1"]).toBeCloseTo(expected, 12);
  });
});

test("intervals are drawn over whole groups: of two groups, their own improvements are the ends", async () => {
  const uneven = {
    name: "net:1",
    predict: async (z: Float32Array) => ({ targets: z.map((value) => (value > 0 ? value : 0)) }),
  };
  const groups = { field: "study", of: (sample: number) => (sample < 20 ? "a" : "b") };
  const { evaluation } = await smallEvaluation({ models: [uneven], groups });
  const ends = (evaluation.byGroup ?? []).map(({ mae }) => 1 - (mae["net:1"] ?? 0) / (mae["mean"] ?? 0));
  expect(ends[0]).not.toBeCloseTo(ends[1] ?? 0, 3);
  const [low, high] = evaluation.comparisons[0]?.improvementInterval ?? [];
  expect(low).toBeCloseTo(Math.min(...ends), 12);
  expect(high).toBeCloseTo(Math.max(...ends), 12);
});

test("neither the order of samples nor the blocks change the result", async () => {
  const noisy = {
    ...shrinking("net:1", 0.75),
    predict: async (z: Float32Array) => ({ targets: z.map((v) => v - (v > 0 ? v * v : 0.25)) }),
  };
  const expected = await smallEvaluation({ models: [noisy] });
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(inOrder, { minLength: small.samples }),
      fc.integer({ min: 1, max: 50 }),
      async (order, blockRows) => {
        const got = await smallEvaluation({ models: [noisy], blocks: blocksOf(truth, order, blockRows) });
        for (const [i, { mae, pearson, spearman, rmse }] of got.evaluation.all.entries()) {
          const scores = expected.evaluation.all[i];
          for (const [figure, other] of [
            [mae, scores?.mae],
            [rmse, scores?.rmse],
            [pearson, scores?.pearson],
            [spearman, scores?.spearman],
          ] as const)
            expect(figure?.mean ?? 0).toBeCloseTo(other?.mean ?? 0, 12);
        }
        const intervals = got.evaluation.comparisons.flatMap(({ improvementInterval }) => improvementInterval);
        const wanted = expected.evaluation.comparisons.flatMap(({ improvementInterval }) => improvementInterval);
        for (const [i, value] of intervals.entries()) expect(value).toBeCloseTo(wanted[i] ?? 0, 12);
      },
    ),
    { numRuns: 25 },
  );
});

describe("notes", () => {
  const notesOf = async (...changes: Parameters<typeof smallEvaluation>) =>
    (await smallEvaluation(...changes)).evaluation.notes.join("\n");

  test("carry the caller's first, and tell of few groups", async () => {
    const { evaluation } = await smallEvaluation({ notes: ["standardised on all rows"] });
    expect(evaluation.notes[0]).toBe("standardised on all rows");
    expect(evaluation.notes[1]).toMatch(/only 4 groups/);
  });

  test("tell of a single group, whose intervals come from samples", async () => {
    const { evaluation } = await smallEvaluation({ groups: { field: "study", of: () => "only" } });
    expect(evaluation.notes.join()).toMatch(/only one group/);
    expect(evaluation.comparisons[0]?.resampled).toBe("samples");
  });

  test("are silent where nothing is wrong", async () => {
    expect(await notesOf({ groups: { field: "donor", of: (sample) => `D${sample % 12}` } })).toBe("");
  });

  test("tell of missing truths, genes without truth and genes that do not vary", async () => {
    const values = truth.slice();
    values[8] = Number.NaN;
    for (let sample = 0; sample < small.samples; sample++) {
      values[sample * small.targets] = Number.NaN;
      values[sample * small.targets + 5] = 2;
    }
    const { evaluation } = await smallEvaluation({ blocks: blocksOf(values) });
    const notes = evaluation.notes.join("\n");
    expect(notes).toMatch(/^41 truth cells are missing/m);
    expect(notes).toMatch(/^1 target genes have no truth/m);
    expect(notes).toMatch(/^1 target genes do not vary/m);
    expect(evaluation.all[0]?.genes).toBe(5);
  });

  test("tell from how many samples ranks are, where not all fit", async () => {
    const { evaluation } = await smallEvaluation({ rankBytes: 1_000 });
    expect(evaluation.notes.join()).toMatch(/recall and differential fidelity are from 6 evenly spaced samples of 40/);
    expect(evaluation.rankedSamples).toBe(6);
    expect(evaluation.all[0]?.spearman?.mean).toBe(1);
    const none = await smallEvaluation({ rankBytes: 100 });
    expect(none.evaluation.notes.join()).toMatch(/Spearman correlations, recall .* were left out/);
    expect(none.evaluation.all[0]?.spearman).toBeUndefined();
    expect(none.evaluation.recall).toBeUndefined();
    expect(evaluation.all[0]?.pearson).toBeDefined();
  });

  test("tell of a baseline without any error, which nothing is compared with", async () => {
    const { evaluation } = await smallEvaluation({ baselines: [shrinking("oracle", 1), meanBaseline(small.targets)] });
    expect(evaluation.notes.join()).toMatch(/oracle makes no error/);
    expect(evaluation.comparisons.map(({ baseline }) => baseline)).toEqual(["mean"]);
  });
});

test("one sample can be scored", async () => {
  const { evaluation } = await smallEvaluation({
    samples: 1,
    blocks: blocksOf(truth, [3]),
    groups: { field: "g", of: () => "a" },
  });
  expect(Evaluation.parse(evaluation).all[0]).toMatchObject({ samples: 1, genes: small.targets });
  expect(evaluation.all[0]?.pearson).toBeUndefined();
});

test("progress counts profiles up to their number", async () => {
  const seen: Progress[] = [];
  await smallEvaluation({ onProgress: (progress) => seen.push(progress) });
  expect(seen.map(({ done }) => done)).toEqual([7, 14, 21, 28, 35, 40]);
  expect(seen.every(({ total }) => total === small.samples)).toBe(true);
});

describe("an error is raised", () => {
  const none = async function* () {};

  test("when a prediction has another shape, naming the model", async () => {
    const short = { name: "net:9", predict: async () => ({ targets: new Float32Array(1) }) };
    await expect(smallEvaluation({ models: [short] })).rejects.toMatchObject({
      tag: "internal",
      fault: { where: "net:9" },
    });
  });

  test("when a prediction is NaN, naming model and gene", async () => {
    const broken = {
      name: "net:9",
      predict: async (z: Float32Array) => ({ targets: z.map((v, i) => (i === 2 ? Number.NaN : v)) }),
    };
    await expect(smallEvaluation({ models: [broken] })).rejects.toThrow(/net:9.*G2/);
  });

  test("when there is not one half-width a gene", async () => {
    const model = { ...shrinking("net:1", 1), halfwidths: new Float64Array(2) };
    await expect(smallEvaluation({ models: [model] })).rejects.toThrow(/half-widths \(expected 6, got 2\)/);
  });

  test("when two models share a name", async () => {
    const models = [shrinking("ridge", 0.9)];
    await expect(smallEvaluation({ models })).rejects.toMatchObject({ tag: "usage", fault: { examples: ["ridge"] } });
  });

  test("when the split is empty or holds no truth", async () => {
    await expect(smallEvaluation({ blocks: none() })).rejects.toMatchObject({ tag: "bad-data" });
    const blocks = blocksOf(truth.map(() => Number.NaN));
    await expect(smallEvaluation({ blocks })).rejects.toThrow(/no target has a truth/);
  });

  test("when blocks give fewer rows than the split has", async () => {
    const blocks = blocksOf(truth, inOrder.slice(0, 30));
    await expect(smallEvaluation({ blocks })).rejects.toThrow(/expected 40, got 30/);
  });

  test("when it is stopped, between blocks", async () => {
    const stop = new AbortController();
    let blocksScored = 0;
    const onProgress = () => {
      blocksScored += 1;
      if (blocksScored === 2) stop.abort();
    };
    const error: unknown = await smallEvaluation({ signal: stop.signal, onProgress }).catch(
      (thrown: unknown) => thrown,
    );
    expect(isAppError(error, "cancelled")).toBe(true);
    expect(blocksScored).toBe(2);
  });
});
