import { expect, it } from "vitest";
import { choiceAttributes } from "../../infer/choice-attributes.ts";

it("says nothing of what is as ever", () => {
  const all = { precision: undefined, columnsSha256: undefined, samples: undefined };
  expect(choiceAttributes(all)).toEqual({});
  expect(choiceAttributes({ ...all, precision: "fp32" })).toEqual({});
});

it.each([
  [{ precision: "int8" }, { lf_precision: "int8" }],
  [{ quantileRanks: "dense" }, { lf_quantile_ranks: "dense" }],
  [{ columnsSha256: "0a1b" }, { lf_genes: "columns:sha256:0a1b" }],
  [{ samples: { by: "meta", field: "used" } }, { lf_samples: "meta:used" }],
  [{ samples: { by: "meta", field: "batch", value: "b=1" } }, { lf_samples: "meta:batch=b=1" }],
  [{ samples: { by: "list", ids: 2, sha256: "c2" } }, { lf_samples: "list:2:sha256:c2" }],
] as const)("names %o in words that do not depend on where a list lies", (choice, attributes) => {
  expect(choiceAttributes({ precision: undefined, columnsSha256: undefined, ...choice })).toEqual(attributes);
});
