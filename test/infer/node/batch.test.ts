import { spawnSync } from "node:child_process";
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import type { InferFileOptions } from "../../../infer/node/job.ts";
import { takeLock } from "../../../infer/node/lock.ts";
import { InferRun } from "../../../schemas/index.ts";
import { readWithHdf5 } from "../../data/write/matrix.ts";
import { BatchFixture, failure, samples } from "../support/batch-fixture.ts";
import { makeProfiles, withoutGenes, writeProfiles } from "../support/profiles.ts";
import { sizes } from "../support/small-model.ts";

const f = new BatchFixture();

describe("an inferred file", () => {
  it("holds what the predictor gives in memory, bitwise, whatever the size of a block", async () => {
    await writeProfiles(f.input, f.profiles());
    const expected = await f.model.predict(f.profiles());
    const bytes = new Set<string>();
    for (const blockRows of [1, 7, 8, 49, 50, 1024]) {
      await f.infer({ blockRows, force: true });
      const { values } = await readWithHdf5(f.output);
      expect(values).toEqual(expected.values);
      bytes.add((await readFile(f.output)).toString("base64"));
    }
    expect(bytes.size).toBe(1);
    expect(await f.files()).toEqual(["in.gctx", "out.gctx", "out.gctx.run.json"]);
  });
  it("is labelled as the contract says, as h5wasm reads it", async () => {
    await writeProfiles(f.input, f.profiles());
    await f.infer();
    const { attributes, row, col, shape } = await readWithHdf5(f.output);
    expect(attributes).toEqual({
      version: "GCTX1.0",
      src: "landfall",
      lf_model: "unpublished",
      lf_version: "unpublished",
      lf_model_hash: f.small.manifest.contentHash,
      lf_harmonise: "none",
      lf_scale: "log2",
    });
    expect(shape).toEqual([samples, sizes.landmarks + sizes.targets]);
    expect(row["id"]).toEqual(f.small.genes.map(({ id }) => id));
    expect(row["pr_is_lmark"]).toEqual(f.small.genes.map(({ role }) => (role === "landmark" ? "Y" : "N")));
    expect(row["pr_gene_id"]).toEqual(f.small.genes.map(({ entrez }) => entrez));
    const own = [
      "pr_gene_symbol",
      "pr_gene_id",
      "pr_is_lmark",
      "lf_input_id",
      "lf_reliability",
      "lf_mae",
      "lf_halfwidth90",
    ];
    expect(new Set(Object.keys(row))).toEqual(new Set(["id", ...own]));
    const { ood } = await f.model.predict(f.profiles());
    expect(col["lf_ood"]).toEqual([...ood]);
    expect(col["lf_missing_landmarks"]).toEqual(Array.from({ length: samples }, () => 0));
    expect(col["plate"]?.[49]).toBe("plate 4");
    expect(col["dose"]?.[3]).toBe(1.5);
  });
  it("reads the same in h5py", async (ctx) => {
    const python = "/usr/bin/python3";
    if (spawnSync(python, ["-c", "import h5py"]).status !== 0) ctx.skip("h5py is not installed");
    await writeProfiles(f.input, f.profiles());
    await f.infer();
    const script = `import h5py, json, sys
f = h5py.File(sys.argv[1], "r")
m = f["0/DATA/0/matrix"]
print(json.dumps([list(m.shape), m[49, -3:].tolist(), f["0/META/COL/lf_ood"][:3].tolist(),
  [s.decode() for s in f["0/META/ROW/lf_input_id"][:2]], str(m.dtype), m.chunks]))`;
    const { stdout } = spawnSync(python, ["-c", script, f.output], { encoding: "utf8" });
    const { values, ood } = await f.model.predict(f.profiles());
    expect(JSON.parse(stdout)).toEqual([
      [samples, sizes.landmarks + sizes.targets],
      [...values.subarray(-3)],
      [...ood.subarray(0, 3)],
      ["LMK0", "LMK1"],
      "float32",
      null,
    ]);
  });
  it("passes measured landmarks on that the model does not use", async () => {
    const flags = [...Array.from({ length: sizes.landmarks }, () => "Y"), "Y", "N"];
    await writeProfiles(f.input, makeProfiles({ samples, ids: "entrez", fields: { pr_is_lmark: flags } }));
    await f.infer();
    const { row, values, shape } = await readWithHdf5(f.output);
    expect(row["id"]?.slice(23, 26)).toEqual(["LMK23", "OTHER1", "LMK0|target"]);
    expect(row["lf_input_id"]?.slice(0, 2)).toEqual(["1000", "1001"]);
    const width = shape[1] ?? 0;
    expect([0, 9, 49].map((sample) => values[sample * width + 24])).toEqual([0.5, 9.5, 49.5]);
  });
  it("has a record of its run beside it", async () => {
    await writeProfiles(f.input, withoutGenes(f.profiles(), ["LMK7"]));
    const { run, status } = await f.infer({ command: "landfall infer …" });
    expect(status).toBe("inferred");
    const record = InferRun.parse(JSON.parse(await readFile(`${f.output}.run.json`, "utf8")));
    expect(record).toEqual(run);
    expect(record).toMatchObject({
      command: "landfall infer …",
      computed: samples,
      provider: "cpu",
      genes: { landmarks: 24, found: 23, missing: ["LMK7"], matchedBy: { id: 23 } },
      plan: { samples, rows: 55, blockRows: 8, inputs: [{ file: "in.gctx", whole: true }] },
    });
    const { col } = await readWithHdf5(f.output);
    const outside = (col["lf_ood"] ?? []).filter((score) => Number(score) > 1).length;
    expect(record.outOfDistribution).toEqual({ profiles: outside, share: outside / samples });
  });
  it("is the same in every format", async () => {
    await writeProfiles(f.input, f.profiles());
    const { values, ood } = await f.model.predict(f.profiles());
    for (const name of ["out.gct", "out.tsv.gz", "out.csv"]) {
      await f.infer({ output: f.path(name) });
      await using source = await openExpression(f.path(name), {
        orientation: name === "out.gct" ? undefined : "samples",
      });
      const read: number[] = [];
      for await (const block of source.blocks()) read.push(...block.values);
      expect(Float32Array.from(read)).toEqual(values);
      const scores = Array.from(source.samples.fields.get("lf_ood") ?? [], Number);
      expect(scores).toEqual(Array.from(ood));
    }
    await f.infer({ output: f.path("out.npy") });
    const npy = await readFile(f.path("out.npy"));
    expect(npy.subarray(npy.length - 4 * values.length)).toEqual(Buffer.from(values.buffer));
    expect((await f.files()).filter((name) => /partial|journal|plan|tmp|lock/.test(name))).toEqual([]);
  });
});

describe("running it again", () => {
  it("when it is done changes nothing", async () => {
    await writeProfiles(f.input, f.profiles());
    const { run } = await f.infer();
    const before = await readFile(f.output);
    const again = await f.infer();
    expect(again.status).toBe("already done");
    expect(again.run).toEqual(run);
    expect(await readFile(f.output)).toEqual(before);
  });
  const same = (): Promise<void> => Promise.resolve();
  const changes: readonly [string, () => Promise<void>, Partial<InferFileOptions>][] = [
    ["another input", () => writeProfiles(f.input, makeProfiles({ samples, seed: 41 })), {}],
    ["other options", same, { options: { scale: "z" } }],
    ["another block grid", same, { blockRows: 9 }],
  ];
  it.each(changes)("with %s is refused, unless forced", async (_, change, more) => {
    await writeProfiles(f.input, f.profiles());
    await f.infer();
    const before = await readFile(f.output);
    await change();
    const error = await failure(f.infer(more));
    expect(error.tag).toBe("other-plan");
    expect(error.exitCode).toBe(73);
    expect(await readFile(f.output)).toEqual(before);
    expect(await f.files()).toEqual(["in.gctx", "out.gctx", "out.gctx.run.json"]);
    expect((await f.infer({ ...more, force: true })).status).toBe("inferred");
    expect((await f.infer(more)).status).toBe("already done");
  });
  it("over a file that nobody recorded, or one that was changed, is refused", async () => {
    await writeProfiles(f.input, f.profiles());
    await writeFile(f.output, "something of mine");
    expect((await failure(f.infer())).tag).toBe("other-plan");
    expect(await readFile(f.output, "utf8")).toBe("something of mine");
    await f.infer({ force: true });
    await appendFile(f.output, "x");
    expect((await failure(f.infer())).message).toContain("was changed since it was written");
  });
  it("writes the output again when only its record is left", async () => {
    await writeProfiles(f.input, f.profiles());
    await f.infer();
    await rm(f.output);
    expect((await f.infer()).status).toBe("inferred");
    expect(await f.files()).toEqual(["in.gctx", "out.gctx", "out.gctx.run.json"]);
  });
  it("while another process writes the output is refused", async () => {
    await writeProfiles(f.input, f.profiles());
    await using _held = await takeLock(`${f.output}.lock`);
    const error = await failure(f.infer());
    expect(error.tag).toBe("try-again");
    expect(error.exitCode).toBe(75);
  });
});
