import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as landfall from "../../library/index.ts";
import { publishVersion } from "../../registry/publish.ts";
import { makeProfiles, writeProfiles } from "../infer/support/profiles.ts";
import { formula, makeSmallModel, type SmallModel } from "../infer/support/small-model.ts";

let root: string;
let models: string;
let small: SmallModel;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "landfall-library-"));
  models = join(root, "models");
  small = await makeSmallModel(root);
  await publishVersion({ from: small.dir, models, name: "small", who: "test" });
});
afterAll(() => rm(root, { recursive: true }));

describe("the package", () => {
  it("infers profiles in memory in six lines", async () => {
    const genes = small.genes.slice(0, 24).map(({ id }) => id);
    const profile = Array.from(makeProfiles({ samples: 1 }).values.subarray(0, 24));

    await using model = await landfall.loadModel("small", { models, device: "cpu" });
    const result = await model.predict({ genes, values: [profile] });
    const column = result.genes.ids.indexOf("TGT3");

    expect(result.values[column]).toBeCloseTo(formula(small, profile)[3] ?? Number.NaN, 4);
    expect(model.manifest).toMatchObject({ name: "small", version: 1 });
  });
  it("infers a file to a file, the same values", async () => {
    const [input, output] = [join(root, "in.gctx"), join(root, "out.gctx")];
    const profiles = makeProfiles({ samples: 5 });
    await writeProfiles(input, profiles);
    await using model = await landfall.loadModel("small:1", { models, device: "cpu" });
    await landfall.inferFile({ model, inputs: [input], output });
    await using source = await landfall.openExpression(output);
    const { values } = await model.predict(profiles);
    for await (const block of source.blocks()) expect(block.values).toEqual(values);
  });
  it("throws its own errors", async () => {
    const error = await landfall.loadModel("none", { models }).catch((thrown: unknown) => thrown);
    expect(landfall.isAppError(error, "unknown-model")).toBe(true);
  });
  it("exports these values, and no others", () => {
    expect(new Set(Object.keys(landfall))).toEqual(
      new Set([
        "AppError",
        "Predictor",
        "exitCodes",
        "inferFile",
        "isAppError",
        "loadModel",
        "loadModelFolder",
        "openExpression",
      ]),
    );
  });
});
