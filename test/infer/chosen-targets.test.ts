/** Choosing the best-inferred genes. Oracle: the space that each gene of the reference is given. */
import { describe, expect, it } from "vitest";
import { chooseTargets } from "../../infer/chosen-targets.ts";
import { readTargetList } from "../../infer/node/target-list.ts";
import type { ExpressionManifest, GeneRecord } from "../../schemas/index.ts";
import { knownGene, referenceOf } from "../data/genes/support/reference.ts";

const reference = referenceOf([
  knownGene("1", "LM1", { space: "landmark" }),
  knownGene("2", "BING2", { space: "best-inferred", previous: ["OLD2"] }),
  knownGene("3", "INF3", { space: "inferred" }),
  knownGene("4", "BING4", { space: "best-inferred", ensembl: "ENSG00000000004" }),
  knownGene("5", "BING5", { space: "best-inferred" }),
]);
const record = (id: string, role: GeneRecord["role"], more: Partial<GeneRecord> = {}): GeneRecord => ({
  id,
  role,
  symbol: "",
  entrez: "",
  ensembl: "",
  ...more,
});
const model = (targets: readonly GeneRecord[]) => ({
  manifest: { landmarks: 1 } as ExpressionManifest,
  genes: [record("1", "landmark", { entrez: "1" }), ...targets],
  reference: () => reference,
});

describe("bing", () => {
  it("is the targets that are best inferred, by whichever name the model has for them", async () => {
    const targets = [
      record("INF3", "target", { symbol: "INF3" }),
      record("OLD2", "target", { symbol: "OLD2" }),
      record("x", "target", { ensembl: "ENSG00000000004" }),
      record("unknown", "target"),
    ];
    const { columns, warnings } = chooseTargets(await readTargetList("bing"), model(targets));
    expect([...columns]).toEqual([1, 2]);
    expect(warnings).toEqual(["1 of the 4 best-inferred genes and landmarks are not in the model"]);
  });

  it("is refused where the model has none of them", () => {
    expect(() => chooseTargets({ by: "bing" }, model([record("INF3", "target", { entrez: "3" })]))).toThrow(
      expect.objectContaining({ tag: "usage", message: expect.stringMatching(/best-inferred.*of the 4 genes/) }),
    );
  });

  it("can be the name of a file by its path", async () => {
    await expect(readTargetList("./bing")).rejects.toMatchObject({ tag: "no-input" });
  });
});
