import { describe, expect, it } from "vitest";
import { alignLandmarks } from "../../data/genes/align.ts";
import { furtherLandmarks } from "../../infer/further-landmarks.ts";
import { alignmentWarnings } from "../../infer/input-plan.ts";
import { GeneRecord } from "../../schemas/index.ts";
import { countedReference, knownGene } from "../data/genes/support/reference.ts";

const { open } = countedReference([
  knownGene("1", "AAAA1", { previous: ["OLDA"] }),
  knownGene("2", "BBBB2", { aliases: ["SHARED"] }),
  knownGene("3", "CCCC3", { aliases: ["SHARED"] }),
  knownGene("4", "DDDD4"),
]);
const record = (id: string, symbol: string, role: "landmark" | "target" = "landmark"): GeneRecord =>
  GeneRecord.parse({ id, role, symbol });

describe("the warnings of an input", () => {
  const landmarks = [record("1", "AAAA1"), record("2", "BBBB2"), record("4", "DDDD4")];
  const warningsFor = (ids: readonly string[]): readonly string[] =>
    alignmentWarnings(
      alignLandmarks({
        landmarks,
        input: { ids, fields: new Map() },
        duplicates: "error",
        label: "in",
        reference: open,
      }),
    );
  it("are none where all landmarks are there by their own names", () => {
    expect(warningsFor(["AAAA1", "BBBB2", "DDDD4", "OTHER"])).toEqual([]);
  });
  it("name imputed landmarks, other names that were taken, and doubtful ones that were not", () => {
    expect(warningsFor(["OLDA", "SHARED", "DDD-44"])).toEqual([
      "2 of 3 landmarks are missing and are imputed: 2, 4",
      "1 landmarks were found under other names: 1 as OLDA",
      "1 names may mean a missing landmark or another gene and are not taken: 2 as SHARED",
      "1 unknown names are close to missing landmarks and are not taken: 4 as DDD-44",
    ]);
  });
});

it("a measured gene that the model has under a newer name is no further landmark", () => {
  const input = { ids: ["OLDA", "XXXX9"], fields: new Map([["pr_is_lmark", ["Y", "Y"]]]) };
  const genes = [record("4", "DDDD4"), record("1", "AAAA1", "target")];
  expect(furtherLandmarks(input, genes).map(({ id }) => id)).toEqual(["OLDA", "XXXX9"]);
  expect(furtherLandmarks(input, genes, open).map(({ id }) => id)).toEqual(["XXXX9"]);
});
