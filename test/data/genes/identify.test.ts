import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifyIds, idTypeOf, withoutVersion } from "../../../data/genes/identify.ts";

describe("the form of one id", () => {
  it.each([
    ["5720", "entrez"],
    ["ENSG00000141510", "ensembl"],
    ["ENSG00000141510.17", "ensembl"],
    ["ENSMUSG00000059552", "ensembl"],
    ["200814_at", "affy"],
    ["201453_x_at", "affy"],
    ["AFFX-HUMISGF3A/M97935_MB_at", "affy"],
    ["Rv0001", "locus"],
    ["RV1984a", "locus"],
    ["PA0001", "locus"],
    ["SAUSA300_0001", "locus"],
    ["YAL001C", "locus"],
    ["At1g01010", "locus"],
    ["TP53", "symbol"],
    ["HLA-A", "symbol"],
    ["C1orf112", "symbol"],
    ["KIAA0100", "symbol"],
    ["LOC12345", "symbol"],
    ["AL354898.1", "symbol"],
    ["LJP007_MCF10A_24H:TRT_CP:BRD-K93918653:3.33", "other"],
    ["two words", "other"],
  ])("of %s is %s", (id, type) => {
    expect(idTypeOf(id)).toBe(type);
  });
  it.each(["", "0", "-666"])("of %j is none: the files' ways to write missing", (id) => {
    expect(idTypeOf(id)).toBeUndefined();
  });
});

describe("the form of a list", () => {
  it("is that of the majority, missing ids left out", () => {
    expect(identifyIds(["TP53", "AL354898.1", "Rv0001", "", "0", "-666", "0"])).toBe("symbol");
  });
  it("is other without a majority, and of an empty list", () => {
    expect(identifyIds(["TP53", "5720"])).toBe("other");
    expect(identifyIds([])).toBe("other");
  });
  it("does not depend on the order", () => {
    const id = fc.constantFrom("TP53", "5720", "200814_at", "Rv0001", "0", "a b");
    fc.assert(fc.property(fc.array(id), (ids) => identifyIds(ids) === identifyIds(ids.toReversed())));
  });
});

it("the version is stripped from an Ensembl id, and nothing from one without", () => {
  expect(withoutVersion("ENSG00000141510.17")).toBe("ENSG00000141510");
  expect(withoutVersion("ENSG00000141510")).toBe("ENSG00000141510");
});
