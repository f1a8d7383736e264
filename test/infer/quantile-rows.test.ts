import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { mapOntoReference } from "../../data/harmonise/joint-quantile.ts";
import { Random } from "../../data/random.ts";
import { planInput } from "../../infer/input-plan.ts";
import { quantileRows } from "../../infer/quantile-rows.ts";
import { InferOptions } from "../../schemas/index.ts";
import { makeSmallModel, type SmallModel, sizes } from "./support/small-model.ts";

let small: SmallModel;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "landfall-quantile-rows-"));
  small = await makeSmallModel(folder);
  await rm(folder, { recursive: true });
});

const genes = sizes.landmarks + sizes.targets;

it("each profile of a large block is mapped over all its genes, as it would be alone", () => {
  const values = Array.from({ length: genes }, (_, rank) => 4 + rank / 8);
  const joint = { cohort: "geo", rows: "train" as const, values, ranks: { geo: "dense" as const } };
  const manifest = { ...small.manifest, inputProfile: { ...small.manifest.inputProfile, joint } };
  const options = InferOptions.parse({ harmonise: "quantile" });
  const input = { ids: small.genes.map(({ id }) => id), fields: new Map() };
  const plan = planInput({ genes: input, label: "in", options }, { manifest, genes: small.genes });
  const random = new Random(3);
  const rows = 150;
  const block = { start: 0, rows, values: Float32Array.from({ length: rows * genes }, () => random.normal()) };
  const measured = new Float32Array(rows * sizes.landmarks);
  const model = { reference: manifest.inputProfile.reference, joint: values };
  const mapped = quantileRows(block, measured, { plan, model });
  const expected = block.values.slice();
  mapOntoReference(expected, values, "dense");
  expect(mapped).toEqual(expected.filter((_, cell) => cell % genes < sizes.landmarks));
});
