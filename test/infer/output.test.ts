import { describe, expect, it } from "vitest";
import { alignLandmarks } from "../../data/genes/align.ts";
import type { Axis, MetaColumn } from "../../data/source.ts";
import { furtherLandmarks } from "../../infer/further-landmarks.ts";
import { outputAttributes, outputGenes } from "../../infer/output.ts";
import { type ExpressionManifest, type GeneRecord, InferOptions } from "../../schemas/index.ts";

const gene = (id: string, role: GeneRecord["role"], more: Partial<GeneRecord> = {}): GeneRecord => ({
  id,
  role,
  symbol: "",
  entrez: "",
  ensembl: "",
  ...more,
});
const genes = [
  gene("AAA1", "landmark", { symbol: "AAA1", entrez: "11" }),
  gene("BBB1", "landmark", { symbol: "BBB1", entrez: "12" }),
  gene("AAA1|target", "target", { symbol: "AAA1", entrez: "11", mae: 0.3, halfwidth90: 1.5, reliability: "high" }),
  gene("CCC1", "target", { symbol: "CCC1", entrez: "13" }),
];
const input = (ids: readonly string[], fields: Record<string, MetaColumn> = {}): Axis => ({
  ids,
  fields: new Map(Object.entries(fields)),
});

/** Only what the labels depend on. */
const manifest = {
  name: "small",
  version: 3,
  contentHash: "ab".repeat(32),
  scale: "log2",
  landmarks: 2,
  transform: { epsilon: 0.5, landmarks: { mean: [0, 0], sd: [1, 1] }, targets: { mean: [0, 0], sd: [1, 2] } },
} as unknown as ExpressionManifest;

function labels(axis: Axis, { of = genes, scale = "native" }: { of?: GeneRecord[]; scale?: "native" | "z" } = {}) {
  const landmarks = of.slice(0, 2);
  const alignment = alignLandmarks({ landmarks, input: axis, duplicates: "error", label: "in" });
  return outputGenes({ manifest, genes: of, alignment, further: furtherLandmarks(axis, of), scale });
}

describe("the genes of an output", () => {
  it("are the model's landmarks, further measured landmarks, and the targets, each labelled", () => {
    const axis = input(["12", "11", "77", "13"], { is_lm: Float64Array.from([1, 1, 1, 0]) });
    expect(labels(axis)).toEqual({
      ids: ["AAA1", "BBB1", "77", "AAA1|target", "CCC1"],
      fields: new Map<string, MetaColumn>([
        ["pr_gene_symbol", ["AAA1", "BBB1", "", "AAA1", "CCC1"]],
        ["pr_gene_id", ["11", "12", "77", "11", "13"]],
        ["pr_is_lmark", ["Y", "Y", "Y", "N", "N"]],
        ["lf_input_id", ["11", "12", "77", "", ""]],
        ["lf_reliability", ["", "", "", "high", ""]],
        ["lf_mae", Float64Array.from([Number.NaN, Number.NaN, Number.NaN, 0.3, Number.NaN])],
        ["lf_halfwidth90", Float64Array.from([Number.NaN, Number.NaN, Number.NaN, 1.5, Number.NaN])],
      ]),
    });
  });
  it("mark a landmark that the input lacks as inferred", () => {
    const { fields } = labels(input(["BBB1"]));
    expect(fields.get("pr_is_lmark")).toEqual(["N", "Y", "N", "N"]);
    expect(fields.get("lf_input_id")).toEqual(["", "BBB1", "", ""]);
  });
  it("have errors in the units of the output, and no column that no gene has", () => {
    expect(labels(input(["AAA1", "BBB1"]), { scale: "z" }).fields.get("lf_mae")).toEqual(
      Float64Array.from([Number.NaN, Number.NaN, 0.3 / 1.5, Number.NaN]),
    );
    const bare = genes.map(({ id, role }) => gene(id, role));
    const { fields } = labels(input(["AAA1", "BBB1"]), { of: bare });
    expect([...fields.keys()]).toEqual(["pr_gene_symbol", "pr_gene_id", "pr_is_lmark", "lf_input_id"]);
  });
});

describe("further landmarks", () => {
  const found = (axis: Axis): string[] => furtherLandmarks(axis, genes).map(({ id }) => id);
  it.each([
    ["pr_is_lmark", ["Y", "N"]],
    ["is_lm", Float64Array.from([1, 0])],
    ["is_lm", ["true", "false"]],
    ["l1000_space", ["landmark", "best inferred"]],
    ["pr_analyte_id", ["Analyte 12", ""]],
    ["pr_analyte_id", Float64Array.from([12, Number.NaN])],
  ])("are known by %s", (field, column) => {
    expect(found(input(["XXX1", "YYY1"], { [field]: column }))).toEqual(["XXX1"]);
  });
  it("are none without such a column, whatever the ids", () => {
    expect(found(input(["XXX1", "YYY1"], { other: ["landmark", "Y"] }))).toEqual([]);
  });
  it("follow pr_is_lmark where several columns disagree: an inferred gene may be an L1000 landmark", () => {
    expect(found(input(["XXX1"], { l1000_space: ["landmark"], pr_is_lmark: ["N"] }))).toEqual([]);
  });
  it("are never a gene of the model, under whatever identifier, nor a row id that is there twice", () => {
    const all = { pr_is_lmark: ["Y", "Y", "Y", "Y", "Y"] };
    expect(found(input(["AAA1", "CCC1", "CCC1|x", "XXX1", "XXX1"], all))).toEqual(["CCC1|x"]);
    const byEntrez = { ...all, pr_gene_id: ["13", "12", "99", "98", "97"] };
    expect(found(input(["P1_at", "P2_at", "P3_at", "P4_at", "P4_at"], byEntrez))).toEqual(["P3_at"]);
  });
});

describe("root attributes", () => {
  it("name the model and the choices, nothing of the run", () => {
    expect(outputAttributes(manifest, InferOptions.parse({ harmonise: "quantile", scale: "z" }))).toEqual({
      src: "landfall",
      lf_model: "small",
      lf_version: "3",
      lf_model_hash: "ab".repeat(32),
      lf_harmonise: "quantile",
      lf_scale: "zscore",
    });
    const native = outputAttributes(manifest, InferOptions.parse({ allowScaleMismatch: true }));
    expect(native).toMatchObject({ lf_scale: "log2", lf_allow_scale_mismatch: "true" });
  });
});
