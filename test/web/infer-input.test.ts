import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { openExpression } from "../../data/node/open.ts";
import { inferFile } from "../../infer/node/batch.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import type { Predictor } from "../../infer/predictor.ts";
import { inferInput } from "../../web/infer-input.ts";
import { BatchFixture } from "../infer/support/batch-fixture.ts";
import { writeProfiles } from "../infer/support/profiles.ts";

const f = new BatchFixture();

/** The GCTX file that a browser downloads, and the batch pipeline's, by the same session. */
async function bothFiles(predictor: Predictor) {
  await writeProfiles(f.input, f.profiles());
  await inferFile({ model: predictor, inputs: [f.input], output: f.output });
  await using source = await openExpression(f.input);
  const { gctxHeader, matrix } = await inferInput(source, { predictor });
  const [got, expected] = [new Blob([gctxHeader, matrix]), new Blob([await readFile(f.output)])];
  await using output = await openExpression(f.output);
  return { got: await got.bytes(), expected: await expected.bytes(), told: output.attributes ?? {} };
}

describe("a download", () => {
  it("has the bytes of the batch pipeline's output", async () => {
    const { got, expected } = await bothFiles(f.model);
    expect(got).toEqual(expected);
  });

  it("tells the precision of the model as that does", async () => {
    const run = f.model.run.bind(f.model);
    const called: Predictor = Object.create(f.model, { precision: { value: "int8" }, run: { value: run } });
    const { got, expected, told } = await bothFiles(called);
    expect(told["lf_precision"]).toBe("int8");
    expect(got).toEqual(expected);
  });

  it("tells the chosen genes as that does", async () => {
    const targets = { by: "columns", columns: "0-4,7" } as const;
    await using some = await loadModelFolder(f.small.dir, { device: "cpu", targets });
    const { got, expected, told } = await bothFiles(some);
    expect(told["lf_genes"]).toMatch(/^columns:sha256:[0-9a-f]{64}$/);
    expect(got).toEqual(expected);
  });
});
