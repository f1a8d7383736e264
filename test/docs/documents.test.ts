import { expect, it } from "vitest";
import { matches } from "./console.ts";
import { testDocument } from "./test-document.ts";

testDocument("README.md");
testDocument("docs/worked-example.md");

it("lets a line of an output differ in times, hashes and last digits only", () => {
  expect(matches(["ridge 0.3323 in 2.3 s"], ["ridge 0.3324 in 9 s"])).toBe(true);
  expect(matches(["done in 47 s (ok)"], ["done in 5 min 2 s (ok)"])).toBe(true);
  expect(matches(["ridge 0.3323"], ["ridge 0.3523"])).toBe(false);
  expect(matches(["ridge 0.3323"], ["knn 0.3323"])).toBe(false);
  expect(matches(["a", "…", "d"], ["a", "b", "c", "d"])).toBe(true);
  expect(matches(["a", "…", "e"], ["a", "b", "c", "d"])).toBe(false);
  expect(matches(["a"], ["a", "b"])).toBe(false);
});
