import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../data/random.ts";
import type { ExpressionSource } from "../../data/source.ts";
import { memorySource } from "../../infer/memory-source.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { addCmapFormula, cmapFormula } from "../../registry/import/cmap-formula.ts";
import { readCmapWeights } from "../../registry/import/cmap-weights.ts";
import { readReferenceProfiles } from "../../registry/import/reference-profiles.ts";
import type { AppError, GeneRecord } from "../../schemas/index.ts";
import { modelOf, runOrt } from "../onnx/ort.ts";
import { allValues, inferredBy, randomWeights, turned, type WeightTable } from "./cmap-weights-file.ts";

const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const landmarkIds = names("10", 12);
const table = randomWeights(landmarkIds, names("20", 5));

const axis = (ids: readonly string[]) => ({ ids, fields: new Map() });
const asCmap = ({ targets, columns, values }: WeightTable): ExpressionSource =>
  memorySource({ genes: axis(targets), samples: axis(columns), values, label: "weights.gctx" });
const asTurned = (weights: WeightTable): ExpressionSource =>
  memorySource({
    genes: axis(weights.columns),
    samples: axis(weights.targets),
    values: turned(weights),
    label: "weights.gctx",
  });

const failure = (attempt: Promise<unknown>): Promise<AppError> =>
  attempt.then(
    () => Promise.reject(new Error("it should have failed")),
    (error: AppError) => error,
  );

describe("the weights of CMap", () => {
  it("are read as [targets, landmarks] with the genes in the file's order", async () => {
    const { landmarks, targets, kernel, intercept, idType } = await readCmapWeights(asCmap(table));
    expect(landmarks.map(({ id }) => id)).toEqual(landmarkIds);
    expect(targets.map(({ id, role, entrez }) => [id, role, entrez])).toEqual(
      table.targets.map((id) => [id, "target", id]),
    );
    expect(idType).toBe("entrez");
    expect([...intercept]).toEqual([...table.values.subarray(0, 5)]);
    // Target 3 of landmark 2: the file's third column (the first is the intercept's), fourth row.
    expect(kernel[3 * 12 + 1]).toBe(table.values[2 * 5 + 3]);
  });

  it("are the same when the table is turned: the intercept tells the axes apart", async () => {
    expect(await readCmapWeights(asTurned(table))).toEqual(await readCmapWeights(asCmap(table)));
  });

  it("may have the intercept at any place and under any of its names", async () => {
    const place = fc.integer({ min: 0, max: landmarkIds.length });
    const name = fc.constantFrom("OFFSET", "(Intercept)", "intercept", "const", "bias");
    const before = await readCmapWeights(asCmap(table));
    await fc.assert(
      fc.asyncProperty(place, name, async (at, called) => {
        const t = table.targets.length;
        const rows = table.columns.map((_, i) => [...table.values.subarray(i * t, (i + 1) * t)]);
        const [ones = [], ...others] = rows;
        const moved: WeightTable = {
          targets: table.targets,
          columns: landmarkIds.toSpliced(at, 0, called),
          values: Float32Array.from(others.toSpliced(at, 0, ones).flat()),
        };
        expect(await readCmapWeights(asCmap(moved))).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it("are refused without an intercept, and with two", async () => {
    const none = { ...table, columns: ["1", ...landmarkIds] };
    expect(await failure(readCmapWeights(asCmap(none)))).toMatchObject({ tag: "bad-data" });
    const two = { ...table, targets: ["bias", ...table.targets.slice(1)] };
    expect((await failure(readCmapWeights(asCmap(two)))).message).toContain("got 2 in 5 rows");
  });

  it("are refused when a gene is a landmark and a target, or has no id; all of them are told", async () => {
    const muddled = { ...table, targets: ["101", "", ...table.targets.slice(2)] };
    const { fault } = await failure(readCmapWeights(asCmap(muddled)));
    expect(fault.examples).toEqual(["101 is landmark and target", "target 2 has no id"]);
  });

  it("are refused when weights are missing or infinite, with their number and the first ones", async () => {
    const values = table.values.slice();
    values[0] = Number.NaN;
    values[5 * 4 + 2] = Number.POSITIVE_INFINITY;
    const { fault } = await failure(readCmapWeights(asCmap({ ...table, values })));
    expect(fault).toMatchObject({
      what: "2 weights are missing or infinite",
      examples: ["201 × OFFSET", "203 × 104"],
    });
  });
});

describe("CMap's formula", () => {
  const random = new Random(2);
  const profiles = Float32Array.from({ length: 9 * 12 }, () => 8 + 2 * random.normal());

  it("is infer_tool.m's, clamped at both ends", async () => {
    const weights = await readCmapWeights(asCmap(table));
    const got = cmapFormula(weights, profiles);
    for (let row = 0; row < 9; row++) {
      const profile = new Map(landmarkIds.map((id, i) => [id, profiles[row * 12 + i] ?? Number.NaN]));
      const expected = inferredBy(table, profile);
      expect(expected.slice(0, 2).map(({ value }) => value)).toEqual([15, 0]);
      for (const [t, { value }] of expected.entries()) expect(got[row * 5 + t]).toBeCloseTo(value, 12);
    }
  });

  it("is what the graph computes in ONNX Runtime, to float32 rounding", async () => {
    const weights = await readCmapWeights(asCmap(table));
    const g = new GraphBuilder("test");
    g.output("targets", addCmapFormula(g, g.input("landmarks", "float32", ["N", 12]), weights));
    const feeds = new Map([["landmarks", { type: "float32", dims: [9, 12], data: profiles } as const]]);
    const { targets } = await runOrt(modelOf(g.build()), feeds);
    const expected = cmapFormula(weights, profiles);
    expect(targets?.dims).toEqual([9, 5]);
    for (const [at, value] of expected.entries())
      expect(Math.abs((targets?.values[at] ?? Number.NaN) - value)).toBeLessThan(1e-5);
  });
});

describe("reference profiles", () => {
  const genes = landmarkIds.map((id): GeneRecord => ({ id, role: "landmark", symbol: "", entrez: id, ensembl: "" }));
  /** Profiles whose landmark i is 6 + i/3 and noise; `edit` may spoil the values. */
  function profiles(count: number, edit: (values: Float32Array) => void = () => undefined): ExpressionSource {
    const random = new Random(3);
    const values = Float32Array.from({ length: count * 13 }, (_, at) => 6 + (at % 13) / 3 + random.normal());
    edit(values);
    const columns = {
      ids: ["further", ...landmarkIds.toReversed()],
      fields: new Map([["pr_gene_symbol", names("SYM", 13)]]),
    };
    return memorySource({ genes: columns, samples: axis(names("s", count)), values, label: "plate.gctx" });
  }

  it("are the landmarks in the model's order, every fifth held out, with symbols that the weights lack", async () => {
    const source = profiles(110);
    const { fitted, heldOut, landmarks, profiles: count } = await readReferenceProfiles(source, genes);
    expect([count, fitted.length / 12, heldOut.length / 12]).toEqual([110, 88, 22]);
    const values = await allValues(source);
    const profile = (row: number): number[] => [...values.subarray(row * 13 + 1, (row + 1) * 13)].toReversed();
    expect([...fitted.subarray(0, 5 * 12)]).toEqual([0, 1, 2, 3, 5].flatMap(profile));
    expect([...heldOut.subarray(0, 2 * 12)]).toEqual([4, 9].flatMap(profile));
    expect(landmarks[0]).toMatchObject({ id: "101", symbol: "SYM13", entrez: "101" });
  });

  it("leave out profiles with a missing value", async () => {
    const spoilt = profiles(120, (values) => values.fill(Number.NaN, 14, 15));
    expect((await readReferenceProfiles(spoilt, genes)).profiles).toBe(119);
  });

  it("are refused when a landmark is missing, whatever else is there", async () => {
    const more: GeneRecord[] = [...genes, { id: "999", role: "landmark", symbol: "", entrez: "999", ensembl: "" }];
    const { tag, fault } = await failure(readReferenceProfiles(profiles(110), more));
    expect([tag, fault.examples]).toEqual(["bad-data", ["999"]]);
  });

  it("are refused when there are too few", async () => {
    const { tag, fault } = await failure(readReferenceProfiles(profiles(99), genes));
    expect([tag, fault.got]).toEqual(["bad-data", "99 of 99"]);
  });

  it("are refused on another scale", async () => {
    const linear = profiles(110, (values) => values.set(values.map((value) => 2 ** value)));
    expect(await failure(readReferenceProfiles(linear, genes))).toMatchObject({ tag: "scale-mismatch" });
    const z = profiles(110, (values) => values.set(values.map((value, at) => value - 6 - (at % 13) / 3)));
    expect(await failure(readReferenceProfiles(z, genes))).toMatchObject({ tag: "scale-mismatch" });
  });

  it("are the same evenly spread ones of a large file, read in places or as a whole", async () => {
    const large = profiles(9000);
    const inPlaces = await readReferenceProfiles(large, genes);
    expect(inPlaces.profiles).toBe(8192);
    const asText: ExpressionSource = { ...large, format: "tsv" };
    expect(await readReferenceProfiles(asText, genes)).toEqual(inPlaces);
  });
});
