import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { alignLandmarks } from "../../data/genes/align.ts";
import type { Axis } from "../../data/source.ts";
import { quantileMapping } from "../../infer/quantile-map.ts";
import { InferOptions, type RankRule } from "../../schemas/index.ts";
import { makeSmallModel, type SmallModel, sizes } from "./support/small-model.ts";

let small: SmallModel;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "landfall-quantile-map-"));
  small = await makeSmallModel(folder);
  await rm(folder, { recursive: true });
});

/** Every gene of the model by itself; its first target is its first landmark too. */
const everyGene = sizes.landmarks + sizes.targets;

interface Asked {
  readonly genes?: Axis;
  readonly options?: Partial<InferOptions>;
  /** Genes of the joint reference. */
  readonly length?: number;
  readonly ranks?: Readonly<Record<string, RankRule>>;
  /** The model knows its genes by their ids alone. */
  readonly isNameless?: boolean;
}

const allIds = (): string[] => small.genes.map(({ id }) => id);
const without = (...names: readonly string[]): Axis => ({
  ids: allIds().filter((id) => !names.includes(id)),
  fields: new Map(),
});

/** What is found in an input that has every gene of the model, unless told. */
function mappingOf({
  genes: input = without(),
  options: given = {},
  length = everyGene,
  ranks,
  isNameless,
}: Asked = {}) {
  const { manifest } = small;
  const genes = isNameless ? small.genes.map((gene) => ({ ...gene, symbol: "", entrez: "" })) : small.genes;
  const options = InferOptions.parse({ harmonise: "quantile", ...given });
  const joint = {
    cohort: "geo",
    rows: "train" as const,
    values: Array.from({ length }, (_, i) => i),
    ranks: ranks ?? {},
  };
  const landmarks = genes.slice(0, sizes.landmarks);
  const alignment = alignLandmarks({ landmarks, input, duplicates: options.duplicates, label: "in" });
  const model = { manifest: { ...manifest, inputProfile: { ...manifest.inputProfile, joint } }, genes };
  const mapping = quantileMapping({ input, label: "in", options, alignment }, model);
  const { quantile } = mapping;
  return { ...mapping, profile: quantile?.by === "profile" ? quantile : undefined };
}

describe("the genes that a profile is ranked over are", () => {
  it("landmarks, then targets, one that is a landmark too by its own probes", () => {
    const { profile, landmarksAlone } = mappingOf();
    expect(profile?.sources).toEqual(Array.from({ length: everyGene }, (_, column) => [column]));
    expect(profile?.ids).toEqual(allIds());
    expect(landmarksAlone).toBeUndefined();
  });

  it("the landmark's own value where the input has one row for both", () => {
    for (const isNameless of [false, true]) {
      const { profile } = mappingOf({ genes: without("LMK0|target"), isNameless });
      expect(profile?.sources[sizes.landmarks]).toEqual([0]);
      expect(profile?.sources).toHaveLength(everyGene);
    }
  });

  it("without targets that are landmarks too where the reference counts these once", () => {
    const { profile } = mappingOf({ length: everyGene - 1 });
    expect(profile?.ids).toEqual(allIds().filter((id) => id !== "LMK0|target"));
  });

  it("not looked for where nothing is mapped by rank", () => {
    expect(mappingOf({ options: { harmonise: "none" } })).toEqual({});
  });
});

describe("landmarks are mapped by themselves, and it is said why, where", () => {
  it("the model does not name the genes of its reference", () => {
    const { quantile, landmarksAlone } = mappingOf({ length: 40 });
    expect(quantile).toBeUndefined();
    expect(landmarksAlone).toMatch(/^in: .* ranked over 40 genes, and the model does not name all of them$/);
  });

  it("the input lacks some of them, landmarks or targets", () => {
    const { quantile, landmarksAlone } = mappingOf({ genes: without("LMK3", "TGT7") });
    expect(quantile).toBeUndefined();
    expect(landmarksAlone).toMatch(/over 55 genes, of which the input lacks 2 \(LMK3, TGT7\)$/);
  });

  it("the input repeats a target, unless repeated genes are to be merged", () => {
    const genes = { ids: [...allIds(), "TGT7"], fields: new Map() };
    const refused = mappingOf({ genes, options: { duplicates: "error" } });
    expect(refused.quantile).toBeUndefined();
    expect(refused.landmarksAlone).toMatch(/of which the input repeats 1 \(TGT7,TGT7\) \(see --duplicates\)$/);
    const merged = mappingOf({ genes, options: { duplicates: "max" } });
    expect(merged.profile?.sources[sizes.landmarks + 7]).toEqual([sizes.landmarks + 7, everyGene]);
    expect(merged.profile?.duplicates).toBe("max");
  });
});

it("ranks are taken as the training cohorts' were; where these differ, as arrays' for probes, else as RNA-seq's", () => {
  const symbols = new Map([["pr_gene_symbol", small.genes.map(({ symbol }) => symbol)]]);
  const probes = { ids: small.genes.map((_, i) => `${200_000 + i}_at`), fields: symbols };
  const ruleOf = (ranks: Readonly<Record<string, RankRule>>, genes?: Axis) =>
    mappingOf({ ranks, ...(genes && { genes, options: { duplicates: "mean" } }) }).profile?.ranks;
  const both = { geo: "average", kg: "dense" } as const;
  expect(ruleOf({ geo: "average" })).toBe("average");
  expect(ruleOf({ geo: "dense", kg: "dense" }, probes)).toBe("dense");
  expect(ruleOf(both)).toBe("dense");
  expect(ruleOf(both, probes)).toBe("average");
});
