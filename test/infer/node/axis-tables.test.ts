/** Formats without a place for genes' fields: the oracle of their tables is the GCTX of the same inference. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import { parseAxisTable } from "../../../data/read/axis-table.ts";
import type { Axis } from "../../../data/source.ts";
import { BatchFixture, failure } from "../support/batch-fixture.ts";
import { writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();
beforeEach(async () => writeProfiles(f.input, f.profiles()));

const tableOf = async (name: string): Promise<Axis> => parseAxisTable(await readFile(f.path(name), "utf8"), name);

/** Fields with their cells as text, as a table has them. */
const asText = ({ ids, fields }: Axis) => ({
  ids,
  fields: new Map(
    [...fields].map(([name, cells]) => [
      name,
      Array.from<string | number, string>(cells, (cell) => (Number.isNaN(cell) ? "" : String(cell))),
    ]),
  ),
});

describe.each(["tsv", "csv.gz", "npy"])("an output in %s", (ending) => {
  const name = `out.${ending}`;

  it("has tables beside it with all that the GCTX says of genes and samples", async () => {
    await f.infer();
    await using gctx = await openExpression(f.output);
    const { run } = await f.infer({ output: f.path(name) });
    expect(run.warnings.join()).not.toContain("left out");
    const [genes, samples] = await Promise.all([tableOf(`${name}.genes.tsv`), tableOf(`${name}.samples.tsv`)]);
    expect(genes).toEqual(asText(gctx.genes));
    expect(samples).toEqual(asText(gctx.samples));
    expect([...genes.fields.keys()]).toEqual(
      expect.arrayContaining(["pr_gene_symbol", "pr_is_lmark", "lf_reliability", "lf_mae", "lf_halfwidth90"]),
    );
    expect([...samples.fields.keys()]).toEqual(
      expect.arrayContaining(["plate", "dose", "lf_ood", "lf_missing_landmarks"]),
    );
  });

  it("is done with its tables only: one that is lost is missed, and replaced by force", async () => {
    await f.infer({ output: f.path(name) });
    const before = await f.files();
    expect((await f.infer({ output: f.path(name) })).status).toBe("already done");
    await rm(f.path(`${name}.samples.tsv`));
    const error = await failure(f.infer({ output: f.path(name) }));
    expect([error.tag, error.message]).toEqual(["other-plan", expect.stringContaining("was changed")]);
    expect((await f.infer({ output: f.path(name), force: true })).status).toBe("inferred");
    expect(await f.files()).toEqual(before);
  });
});

it("goes on after an interruption, and leaves no temporary tables of a killed process", async () => {
  const output = f.path("out.tsv");
  await f.infer({ output: f.path("reference.tsv") });
  await f.stopAfter(24, { output });
  await writeFile(f.path(".out.tsv.genes.tsv.0123456789ab.tmp"), "left by a killed process");
  await f.infer({ output });
  for (const table of ["genes", "samples"])
    expect(await readFile(`${output}.${table}.tsv`)).toEqual(await readFile(f.path(`reference.tsv.${table}.tsv`)));
  expect((await f.files()).filter((name) => name.startsWith("."))).toEqual([]);
});

it("takes the tables away with the output that a GCTX replaces", async () => {
  const output = f.path("out.tsv");
  await f.infer({ output });
  await f.infer({ output, options: { format: "gctx" }, force: true });
  expect((await f.files()).filter((name) => name.startsWith("out"))).toEqual(["out.tsv", "out.tsv.run.json"]);
});
