/** Landmarks that an input calls otherwise, in the worker. Oracle: the batch pipeline, which reads the shipped table. */
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inferFile } from "../../infer/node/batch.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import { createApi } from "../../web/api.ts";
import { failure } from "../infer/support/batch-fixture.ts";
import { makeProfiles, type Profiles, writeProfiles } from "../infer/support/profiles.ts";
import { makeSmallModel, type SmallModel } from "../infer/support/small-model.ts";
import { nodeHost, origin } from "./support/node-host.ts";

let folder: string;
let small: SmallModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-web-genes-"));
  small = await makeSmallModel(folder);
  await copyFile("assets/human-genes.tsv", join(folder, "genes.tsv"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Landmarks of the small model by other names of the genes with their Entrez ids. */
const otherNames: Readonly<Record<string, string>> = {
  // CDH2, once CDHN.
  LMK0: "CDHN",
  // CDH7.
  LMK5: "ENSG00000081138.13",
  // CDK5, by a probe.
  LMK20: "204247_s_at",
};

function renamed(names: Readonly<Record<string, string>>): Profiles {
  const profiles = makeProfiles({ samples: 20 });
  const ids = profiles.genes.ids.map((id) => names[id] ?? id);
  return { ...profiles, genes: { ...profiles.genes, ids } };
}

/** An api with the small model, and what it asked for. */
async function loaded(genes?: string) {
  const asked: string[] = [];
  const api = createApi(nodeHost(folder, (path, bytes) => (asked.push(path), bytes)));
  const where = { url: `${origin}version/`, device: "auto", precision: "auto" } as const;
  await api.load(genes === undefined ? where : { ...where, genes: `${origin}${genes}` }, {});
  return { api, tables: () => asked.filter((path) => path === "genes.tsv").length };
}

describe("landmarks under other names", () => {
  it("are found and told as the batch pipeline does, the table fetched once", async () => {
    await writeProfiles(join(folder, "in.gctx"), renamed(otherNames));
    await using model = await loadModelFolder(small.dir, { device: "cpu" });
    const { run } = await inferFile({ model, inputs: [join(folder, "in.gctx")], output: join(folder, "out.gctx") });

    const { api, tables } = await loaded("genes.tsv");
    const input = new File([await readFile(join(folder, "in.gctx"))], "in.gctx");
    const { landmarks, problem } = await api.inspect({ input }, {});
    expect(problem).toBeUndefined();
    expect(landmarks.matchedBy).toEqual(run.genes.matchedBy);
    expect(landmarks).toMatchObject({ missing: [], ambiguous: [], close: [] });
    expect(landmarks.renamed).toEqual([
      { landmark: "LMK0", name: "CDHN" },
      { landmark: "LMK20", name: "204247_s_at" },
    ]);
    const { warnings, genes } = await api.predict({ input }, {});
    expect(warnings).toEqual(run.warnings.filter((warning) => !warning.includes("lf_ood")));
    expect(genes.fields.get("lf_input_id")?.[0]).toBe("CDHN");
    expect(tables()).toBe(1);
  });

  it("that may mean another gene are told, and not taken", async () => {
    const { api } = await loaded("genes.tsv");
    const { genes, values } = renamed({ LMK0: "CDHNN" });
    const { landmarks } = await api.inspect({ input: { genes: genes.ids, values } }, {});
    expect(landmarks).toMatchObject({ missing: ["LMK0"], renamed: [] });
  });

  it("are missing where no table is given", async () => {
    const { api, tables } = await loaded();
    const { genes, values } = renamed(otherNames);
    const { landmarks } = await api.inspect({ input: { genes: genes.ids, values } }, {});
    expect(landmarks.missing).toEqual(["LMK0", "LMK5", "LMK20"]);
    expect(tables()).toBe(0);
  });
});

describe("the table of genes", () => {
  it("is not fetched for an input that has the model's own ids", async () => {
    const { api, tables } = await loaded("genes.tsv");
    const { genes, values } = makeProfiles({ samples: 20 });
    await api.predict({ input: { genes: genes.ids, values } }, {});
    expect(tables()).toBe(0);
  });

  it("is told of when it is needed and not there, and asked for again", async () => {
    const { api } = await loaded("none.tsv");
    const { genes, values } = renamed(otherNames);
    const input = { genes: genes.ids, values };
    for (const call of [api.inspect({ input }, {}), api.predict({ input }, {})])
      expect(await failure(call)).toMatchObject({ tag: "no-input", fault: { where: `${origin}none.tsv` } });
  });
});
