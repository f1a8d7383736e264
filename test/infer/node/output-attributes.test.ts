import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../data/node/hash.ts";
import { openExpression } from "../../../data/node/open.ts";
import { writeExpression } from "../../../data/node/write.ts";
import { loadModelFolder } from "../../../infer/node/load-model.ts";
import { BatchFixture } from "../support/batch-fixture.ts";
import { writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();

const attributesOf = async (path: string) => {
  await using source = await openExpression(path);
  return source.attributes ?? {};
};

describe("an output tells what was chosen for it", () => {
  it.each(["gctx", "zarr", "arrow"])("in %s: genes and samples, also once it is converted", async (format) => {
    await writeProfiles(f.input, f.profiles());
    await writeFile(f.path("some.txt"), "S7\nS3\n");
    const output = f.path(`out.${format}`);
    await using model = await loadModelFolder(f.small.dir, {
      device: "cpu",
      targets: { by: "columns", columns: "0-4,7" },
    });
    await f.infer({ model, output, samples: f.path("some.txt") });
    const told = await attributesOf(output);
    expect(told).toMatchObject({
      lf_genes: `columns:sha256:${sha256("0-4,7")}`,
      lf_samples: `list:2:sha256:${sha256("S3\nS7")}`,
    });
    expect(told).not.toHaveProperty("lf_precision");
    for (const other of ["gctx", "zarr", "arrow"]) {
      await using source = await openExpression(output);
      await writeExpression(f.path(`converted.${other}`), source);
      const { src: _, ...kept } = told;
      expect(await attributesOf(f.path(`converted.${other}`))).toMatchObject(kept);
    }
  });
});
