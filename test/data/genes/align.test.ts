import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignLandmarks, checkMissing, type Duplicates } from "../../../data/genes/align.ts";
import { gatherLandmarks } from "../../../data/genes/gather.ts";
import type { MetaColumn } from "../../../data/source.ts";
import { AppError, GeneRecord } from "../../../schemas/index.ts";

const landmark = (id: string, more: Partial<GeneRecord> = {}): GeneRecord =>
  GeneRecord.parse({ id, role: "landmark", ...more });
const align = (
  landmarks: readonly GeneRecord[],
  ids: readonly string[],
  { fields = {}, duplicates = "error" }: { fields?: Record<string, MetaColumn>; duplicates?: Duplicates } = {},
) =>
  alignLandmarks({ landmarks, input: { ids, fields: new Map(Object.entries(fields)) }, duplicates, label: "in.gct" });
const errorOf = (act: () => unknown): AppError => {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("landmarks are found", () => {
  it("by row id before anything else, then Entrez, Ensembl without version, symbol without case", () => {
    const landmarks = [
      landmark("A_id", { entrez: "1" }),
      landmark("B_id", { entrez: "2", ensembl: "ENSG00000000003", symbol: "GENE3" }),
      landmark("C_id", { ensembl: "ENSG00000000003.7", symbol: "GENE4" }),
      landmark("D_id", { symbol: "Gene4" }),
      landmark("E_id", { symbol: "GENE5" }),
    ];
    const alignment = align(landmarks, ["x1 x", "x2 x", "x3 x", "x4 x", "A_id"], {
      fields: {
        pr_gene_id: ["1", "2", "0", "", "-666"],
        ensembl: ["", "", "ENSG00000000003.1", "", ""],
        pr_gene_symbol: ["", "", "GENE3", "GENE4", ""],
      },
    });
    expect(alignment.sources).toEqual([[4], [1], [2], [3], []]);
    expect(alignment.matchedBy).toMatchObject({ id: 1, entrez: 1, ensembl: 1, symbol: 1 });
    expect(alignment.inputIds).toEqual(["A_id", "x2 x", "x3 x", "x4 x", ""]);
    expect(alignment.missing).toEqual(["E_id"]);
    expect(Array.from(alignment.unusedColumns)).toEqual([0]);
  });
  it("by their own id as the key of its form where the model knows no other", () => {
    const fields = { entrez: ["7157", "1956"], symbol: ["TP53", "EGFR"], ensembl: ["ENSG00000141510.3", ""] };
    const ids = ["p1 x", "p2 x"];
    expect(align([landmark("1956")], ids, { fields }).sources).toEqual([[1]]);
    expect(align([landmark("egfr")], ids, { fields }).sources).toEqual([[1]]);
    expect(align([landmark("ENSG00000141510.17")], ids, { fields }).sources).toEqual([[0]]);
  });
  it("never by a missing key: Entrez 0 of one file is not Entrez 0 of another", () => {
    const alignment = align([landmark("LANDMARK1", { entrez: "" })], ["OTHER1"], { fields: { pr_gene_id: ["0"] } });
    expect(alignment.missing).toEqual(["LANDMARK1"]);
  });
  it("in any order of the input's genes, with the same values gathered", () => {
    const ids = Array.from({ length: 12 }, (_, i) => `GENE${i}`);
    const landmarks = ids.slice(2, 9).map((id) => landmark(id));
    const order = fc.shuffledSubarray(ids, { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(order, (shuffled) => {
        const values = Float32Array.from(
          [...shuffled, ...shuffled],
          (id, i) => Number(id.slice(4)) + (i < 12 ? 0 : 100),
        );
        const gathered = gatherLandmarks({ rows: 2, values }, align(landmarks, shuffled));
        expect(Array.from(gathered)).toEqual([2, 3, 4, 5, 6, 7, 8, 102, 103, 104, 105, 106, 107, 108]);
      }),
    );
  });
});

describe("several rows of one landmark", () => {
  const fields = { pr_gene_id: ["10", "10", "20", "10"] };
  const ids = ["a_at", "b_at", "c_at", "d_at"];
  const landmarks = [landmark("L10", { entrez: "10" }), landmark("L20", { entrez: "20" })];
  const values = Float32Array.of(1, 2, 9, 6, Number.NaN, 5, 8, 7, Number.NaN, Number.NaN, 7, Number.NaN);

  it("are refused with their ids and the way out", () => {
    const error = errorOf(() => align(landmarks, ids, { fields }));
    expect(error.tag).toBe("bad-data");
    expect(error.message).toBe(
      "in.gct: several rows of the input carry the same landmark, for 1 of 2 landmarks: landmark L10 = a_at,b_at,d_at. " +
        "Choose --duplicates mean (their mean) or --duplicates max (the largest in each sample)",
    );
  });
  it("are the same case when the row ids themselves are the same", () => {
    expect(errorOf(() => align([landmark("TP53")], ["TP53", "EGFR", "TP53"])).tag).toBe("bad-data");
  });
  it("do not matter for genes that are no landmarks", () => {
    expect(align([landmark("TP53")], ["TP53", "EGFR", "EGFR"]).missing).toEqual([]);
  });
  it("are averaged by mean, missing values left out", () => {
    const alignment = align(landmarks, ids, { fields, duplicates: "mean" });
    expect(alignment.inputIds[0]).toBe("a_at,b_at,d_at");
    expect(Array.from(gatherLandmarks({ rows: 3, values }, alignment))).toEqual([3, 9, 6, 8, Number.NaN, 7]);
  });
  it("give the largest in each sample by max, missing values left out", () => {
    const alignment = align(landmarks, ids, { fields, duplicates: "max" });
    expect(Array.from(gatherLandmarks({ rows: 3, values }, alignment))).toEqual([6, 9, 7, 8, Number.NaN, 7]);
  });
});

describe("missing landmarks", () => {
  const landmarks = ["5720", "466", "6009", "2309"].map((id) => landmark(id));
  it("are NaN in what is gathered", () => {
    const alignment = align(landmarks, ["2309", "5720"]);
    expect(Array.from(gatherLandmarks({ rows: 1, values: Float32Array.of(7, 8) }, alignment))).toEqual([
      8,
      Number.NaN,
      Number.NaN,
      7,
    ]);
    expect(gatherLandmarks({ rows: 0, values: new Float32Array(0) }, alignment)).toHaveLength(0);
  });
  it("are not those that are measured as zero", () => {
    const alignment = align(landmarks, ["2309", "5720", "466", "6009"]);
    const gathered = gatherLandmarks({ rows: 1, values: Float32Array.of(0, 0, Number.NaN, 0) }, alignment);
    expect(Array.from(gathered)).toEqual([0, Number.NaN, 0, 0]);
  });
  it("pass up to the limit, and not above it", () => {
    const alignment = align(landmarks, ["2309", "5720"]);
    expect(() => checkMissing(alignment, 0.5)).not.toThrow();
    const error = errorOf(() => checkMissing(alignment, 0.49));
    expect(error.tag).toBe("bad-data");
    expect(error.message).toContain("in.gct: 2 of 4 landmarks are missing (50.0 %)");
    expect(error.message).toContain("466; 6009");
  });
  it("say what the input's ids look like when they are of another form, and that a spreadsheet ate some", () => {
    const alignment = align(landmarks, ["TP53", "EGFR", "1-Mar"]);
    const { message } = errorOf(() => checkMissing(alignment, 0.1));
    expect(message).toContain("look like symbol, the model's like entrez");
    expect(message).toContain("turned ids into dates (1 of them, first 1-Mar)");
  });
});
