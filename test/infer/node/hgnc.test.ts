/** Gene names of the user's own: LMK5 of the small model has the Entrez id 1005, which a made-up HGNC file renames. */
import { writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../../data/node/hash.ts";
import { loadModelFolder } from "../../../infer/node/load-model.ts";
import { planShards } from "../../../infer/node/shards/plan-shards.ts";
import { runShards } from "../../../infer/node/shards/run-shards.ts";
import { BatchFixture, failure } from "../support/batch-fixture.ts";
import { writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();
const header = "symbol\talias_symbol\tprev_symbol\tentrez_id\tensembl_gene_id\n";
const names = `${header}NEWLMK5\t\tFORMERLMK5\t1005\t\n`;
const others = `${header}NEWESTLMK5\t\tFORMERLMK5|NEWLMK5\t1005\t\n`;

/** The small model with these names. */
async function modelWith(text: string) {
  const hgnc = f.path("hgnc_complete_set.txt");
  await writeFile(hgnc, text);
  return await loadModelFolder(f.small.dir, { device: "cpu", hgnc });
}

beforeEach(async () => {
  const profiles = f.profiles();
  const ids = profiles.genes.ids.map((id) => (id === "LMK5" ? "FORMERLMK5" : id));
  await writeProfiles(f.input, { ...profiles, genes: { ...profiles.genes, ids } });
});

describe("names from an HGNC file", () => {
  it("find what the shipped ones do not, and are part of the plan by their hash", async () => {
    const shipped = await f.infer({ output: f.path("shipped.gctx") });
    expect(shipped.run.genes.missing).toEqual(["LMK5"]);
    expect(shipped.run.plan.hgnc).toBeUndefined();
    await using model = await modelWith(names);
    const { run } = await f.infer({ model });
    expect(run.genes).toMatchObject({ missing: [], matchedBy: { previous: 1 } });
    expect(run.warnings).toContain("1 landmarks were found under other names: LMK5 as FORMERLMK5");
    expect(run.plan.hgnc).toBe(sha256(names));
  });

  it("of another file are another plan: an interrupted run does not go on with them", async () => {
    await using model = await modelWith(names);
    await f.stopAfter(24, { model });
    await using other = await modelWith(others);
    const error = await failure(f.infer({ model: other }));
    expect([error.tag, error.message]).toEqual(["other-plan", expect.stringContaining("unfinished output of another")]);
    expect((await failure(f.infer())).tag).toBe("other-plan");
    expect((await f.infer({ model })).resumed).toBe(24);
  });

  it.each([
    ["that is not there", undefined, "no-input"],
    ["that is none", "gene\nTP53\n", "bad-data"],
  ])("are refused of a file %s", async (_, text, tag) => {
    const hgnc = f.path("none.txt");
    if (text !== undefined) await writeFile(hgnc, text);
    expect((await failure(loadModelFolder(f.small.dir, { device: "cpu", hgnc }))).tag).toBe(tag);
  });
});

describe("a sharded run with names from an HGNC file", () => {
  const hgnc = () => f.path("hgnc_complete_set.txt");
  const planned = async () => {
    await using model = await modelWith(names);
    const { input, output, small } = f;
    const what = { model, modelDir: small.dir, inputs: [input], output, folder: f.path("run"), hgnc: hgnc() };
    return await planShards({ ...what, blockRows: 8, shardRows: 16 });
  };

  it("is computed with them wherever it runs", async () => {
    const { plan } = await planned();
    expect(plan.paths.hgnc).toBe(hgnc());
    expect(plan.infer.hgnc).toBe(sha256(names));
    expect((await runShards({ folder: f.path("run"), environment: {} })).committed).toHaveLength(4);
  });

  it("is refused where the file is another one, naming what differs", async () => {
    await planned();
    await writeFile(hgnc(), others);
    const error = await failure(runShards({ folder: f.path("run"), environment: {} }));
    expect([error.tag, error.message]).toEqual(["other-plan", expect.stringContaining("hgnc: planned")]);
  });
});
