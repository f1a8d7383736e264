import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import { toHalf } from "../../../data/write/half.ts";
import type { InferFileOptions } from "../../../infer/node/job.ts";
import { planShards } from "../../../infer/node/shards/plan-shards.ts";
import { halfValue } from "../../../onnx/half.ts";
import type { MatrixFormat } from "../../../schemas/index.ts";
import { BatchFixture, failure, samples } from "../support/batch-fixture.ts";
import { writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();

beforeEach(async () => {
  await writeProfiles(f.input, f.profiles());
});

/** Everything in an output, in an order that does not depend on the format. */
async function contentOf(path: string) {
  await using source = await openExpression(path);
  const { genes, samples: axis, attributes } = source;
  const values = new Float32Array(genes.ids.length * axis.ids.length);
  for await (const block of source.blocks()) values.set(block.values, block.start * genes.ids.length);
  return { genes: [genes.ids, fieldsOf(genes.fields)], samples: [axis.ids, fieldsOf(axis.fields)], values, attributes };
}

const fieldsOf = (fields: ReadonlyMap<string, unknown>) => [...fields].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** The bytes of a file, or of all files of a folder, by name. */
async function bytesOf(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return { "": (await readFile(path)).toString("base64") };
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const bytes = await Promise.all(files.map((file) => readFile(file, "base64")));
  return Object.fromEntries(files.map((file, i) => [file.slice(path.length), bytes[i] ?? ""]));
}

describe.each(["zarr", "arrow"] as const)("an output in %s", (format: MatrixFormat) => {
  const output = () => f.path(`out.${format}`);

  it("holds what the GCTX holds: values, flags, reliability, scores and provenance", async () => {
    await f.infer();
    await f.infer({ output: output() });
    const gctx = await contentOf(f.output);
    const { attributes, ...content } = await contentOf(output());
    expect(content).toEqual({ genes: gctx.genes, samples: gctx.samples, values: gctx.values });
    expect(attributes).toEqual({ ...gctx.attributes, src: "landfall" });
    expect(attributes).toMatchObject({ lf_model_hash: f.model.manifest.contentHash, lf_scale: "log2" });
    const fields = new Map(content.samples[1] as [string, Float64Array][]);
    expect(fields.get("lf_ood")?.every((score) => score > 0)).toBe(true);
    expect(fields.get("lf_missing_landmarks")).toEqual(new Float64Array(samples));
  });

  it("goes on after an interruption, to the same bytes, and is then done", async () => {
    await f.infer({ output: f.path(`reference.${format}`) });
    const error = await f.stopAfter(24, { output: output() });
    expect(error.message).toContain("stopped after 24 of 50 profiles");
    expect(await f.files()).not.toContain(`out.${format}`);
    const { run, resumed } = await f.infer({ output: output() });
    expect([run.computed, resumed]).toEqual([26, 24]);
    expect(await bytesOf(output())).toEqual(await bytesOf(f.path(`reference.${format}`)));
    expect((await f.infer({ output: output() })).status).toBe("already done");
    expect((await f.files()).filter((name) => name.includes(`out.${format}`))).toEqual([
      `out.${format}`,
      `out.${format}.run.json`,
    ]);
  });

  it("is rounded and stored in float16 as asked, says so, and is another plan than the unrounded one", async () => {
    await f.infer();
    const options: InferFileOptions["options"] = { storage: "float16", round: 2 };
    await f.infer({ output: output(), options });
    const { values } = await contentOf(f.output);
    const halves = new Uint16Array(values.length);
    toHalf(
      values.map((value) => Math.round(value * 100) / 100),
      halves,
    );
    const stored = await contentOf(output());
    expect(stored.values).toEqual(Float32Array.from(halves, halfValue));
    expect(stored.attributes).toMatchObject({ lf_storage: "float16", lf_round: "2" });
    expect((await failure(f.infer({ output: output() }))).tag).toBe("other-plan");
    expect((await f.infer({ output: output(), force: true })).status).toBe("inferred");
    expect((await contentOf(output())).values).toEqual(values);
  });

  it("is an input like any other", async () => {
    const input = f.path(`in.${format}`);
    const { writeExpression } = await import("../../../data/node/write.ts");
    await using source = await openExpression(f.input);
    await writeExpression(input, source);
    await f.infer({ output: f.path("reference.gctx") });
    await f.infer({ inputs: [input] });
    expect((await contentOf(f.output)).values).toEqual((await contentOf(f.path("reference.gctx"))).values);
  });
});

it("an output in arrow is refused of a cluster's shards before anything is computed", async () => {
  const { model, input } = f;
  const what = { model, modelDir: f.small.dir, inputs: [input] };
  const plan = planShards({ ...what, output: f.path("out.arrow"), folder: f.path("run") });
  expect((await failure(plan)).message).toContain("not merged into arrow");
  expect(await f.files()).toEqual(["in.gctx"]);
});

describe("a GCTX output", () => {
  it("in float16 holds the nearest values, and goes on after an interruption", async () => {
    await f.infer({ output: f.path("full.gctx") });
    await f.stopAfter(24, { options: { storage: "float16" } });
    const { resumed } = await f.infer({ options: { storage: "float16" } });
    expect(resumed).toBe(24);
    const { values } = await contentOf(f.path("full.gctx"));
    const halves = new Uint16Array(values.length);
    toHalf(values, halves);
    const stored = await contentOf(f.output);
    expect(stored.values).toEqual(Float32Array.from(halves, halfValue));
    expect(stored.attributes).toMatchObject({ lf_storage: "float16" });
  });

  it("is what float16 is refused of elsewhere", async () => {
    const error = await failure(f.infer({ output: f.path("out.tsv"), options: { storage: "float16" } }));
    expect([error.tag, error.message]).toEqual(["usage", expect.stringContaining("tsv does not store float16")]);
  });
});

describe("a Zarr output", () => {
  const output = () => f.path("out.zarr");

  it("has a shard a block; one that is lost or cut short while the job rests is computed again", async () => {
    await f.infer({ output: f.path("reference.zarr") });
    expect(await readdir(f.path("reference.zarr/matrix/c"))).toHaveLength(7);
    await f.stopAfter(24, { output: output() });
    const shards = join(`${output()}.partial`, "matrix", "c");
    await rm(join(shards, "0"), { recursive: true });
    await writeFile(join(shards, "1", "0"), "cut");
    await writeFile(join(shards, "1", ".0.0123456789ab.tmp"), "left by a killed process");
    await writeFile(join(`${output()}.partial`, "samples", "lf_ood", "c", ".1.0123456789ab.tmp"), "left");
    const { resumed } = await f.infer({ output: output() });
    expect(resumed).toBe(8);
    expect(await bytesOf(output())).toEqual(await bytesOf(f.path("reference.zarr")));
  });

  it("that lost a shard after it was done is no longer what was written", async () => {
    await f.infer({ output: output() });
    await rm(join(output(), "matrix", "c", "3"), { recursive: true });
    const error = await failure(f.infer({ output: output() }));
    expect([error.tag, error.message]).toEqual(["other-plan", expect.stringContaining("was changed")]);
    expect((await f.infer({ output: output(), force: true })).status).toBe("inferred");
  });

  it("goes on where a process was killed between moving the old output aside and placing the new one", async () => {
    await f.infer({ output: output(), options: { round: 1 } });
    await f.infer({ output: f.path("reference.zarr") });
    await f.stopAfter(40, { output: output(), force: true });
    await cp(output(), f.path(".out.zarr.0123456789ab.tmp"), { recursive: true });
    await rm(output(), { recursive: true });
    await f.infer({ output: output() });
    expect(await bytesOf(output())).toEqual(await bytesOf(f.path("reference.zarr")));
    expect((await f.files()).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("does not take the place of a folder that is no Zarr, not even by force", async () => {
    await mkdir(output());
    await writeFile(join(output(), "thesis.txt"), "");
    expect((await failure(f.infer({ output: output(), force: true }))).tag).toBe("cannot-create");
    expect(await readdir(output())).toEqual(["thesis.txt"]);
  });
});
