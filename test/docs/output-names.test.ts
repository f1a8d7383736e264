import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { inputField } from "../../data/joined-samples.ts";
import { provenanceAttributes } from "../../data/provenance.ts";

it("ADR 9 tells what every attribute of an output means that names a choice, and the column of inputs", () => {
  const [context = "", decision = ""] = readFileSync("docs/adr/0009-names-in-outputs.md", "utf8").split(
    "**Decision.**",
  );
  const explained = [...decision.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  const design = [...context.matchAll(/`(lf_\w+)`/g)].map(([, name]) => name);
  expect(new Set([...explained, ...design])).toEqual(new Set([...provenanceAttributes, inputField, "src"]));
});
