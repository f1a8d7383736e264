import { mkdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Axis, MetaColumn } from "../../../data/source.ts";
import { loadModelFolder } from "../../../infer/node/load-model.ts";
import { mergeShards } from "../../../infer/node/shards/merge-shards.ts";
import { planShards } from "../../../infer/node/shards/plan-shards.ts";
import { runShards } from "../../../infer/node/shards/run-shards.ts";
import { readWithHdf5 } from "../../data/write/matrix.ts";
import { BatchFixture, failure, samples } from "../support/batch-fixture.ts";
import { makeProfiles, type Profiles, withoutGenes, writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();

/** Rows `[start, end)` of profiles. */
function rowsOf({ genes, samples: all, values }: Profiles, start: number, end: number): Profiles {
  const width = genes.ids.length;
  const slice = (column: MetaColumn): MetaColumn => column.slice(start, end);
  const axis: Axis = {
    ids: all.ids.slice(start, end),
    fields: new Map([...all.fields].map(([name, column]) => [name, slice(column)])),
  };
  return { genes, samples: axis, values: values.slice(start * width, end * width) };
}

/** The profiles in three plates, cut where no block ends. */
async function writePlates(all: Profiles = f.profiles()): Promise<readonly string[]> {
  await mkdir(f.path("plates"));
  const cuts = [0, 13, 14, samples];
  const paths: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    const path = f.path(`plates/p${i}.gctx`);
    await writeProfiles(path, rowsOf(all, cuts[i] ?? 0, cuts[i + 1] ?? 0));
    paths.push(path);
  }
  return paths;
}

describe("several inputs", () => {
  it("make the output that one file of all their samples makes, and say which file a sample is from", async () => {
    await writeProfiles(f.input, f.profiles());
    await f.infer({ output: f.path("whole.gctx") });
    await writePlates();
    const { run } = await f.infer({ inputs: [f.path("plates/p?.gctx")] });
    const [whole, joined] = [await readWithHdf5(f.path("whole.gctx")), await readWithHdf5(f.output)];
    expect(joined.values).toEqual(whole.values);
    expect(joined.row).toEqual(whole.row);
    const { lf_input: from, ...col } = joined.col;
    expect(col).toEqual(whole.col);
    expect([from?.[12], from?.[13], from?.[14]]).toEqual(["p0.gctx", "p1.gctx", "p2.gctx"]);
    expect(run.plan.inputs.map(({ file }) => file)).toEqual(["p0.gctx", "p1.gctx", "p2.gctx"]);
    expect(run.genes).toMatchObject({ landmarks: 24, found: 24, missing: [] });
  });
  it("are aligned each by itself: other ids, other order, a landmark missing", async () => {
    const [one, two, three] = await writePlates();
    const all = f.profiles();
    const expected = await f.model.predict(all);
    const entrez = makeProfiles({ samples, ids: "entrez" });
    await writeProfiles(two ?? "", rowsOf(entrez, 13, 14));
    const lacking = withoutGenes(rowsOf(all, 14, samples), ["LMK7"]);
    await writeProfiles(three ?? "", lacking);
    const { run } = await f.infer({ inputs: [one ?? "", two ?? "", three ?? ""] });
    const { values, row, col, shape } = await readWithHdf5(f.output);
    const width = shape[1] ?? 0;
    expect(values.slice(0, 14 * width)).toEqual(expected.values.subarray(0, 14 * width));
    expect(row["lf_input_id"]?.slice(6, 8)).toEqual(["LMK6,1006", "LMK7,1007"]);
    expect(col["lf_missing_landmarks"]?.slice(12, 16)).toEqual([0, 0, 1, 1]);
    // Measured in other plates, so not inferred in this one: the cell is missing, its targets are imputed for.
    expect(values[14 * width + 7]).toBeNaN();
    const alone = await f.model.predict(lacking);
    expect(values.slice(14 * width + 24, 15 * width)).toEqual(alone.values.subarray(24, width));
    expect(run.warnings.join("\n")).toContain("p2.gctx lacks 1 landmarks that other inputs have (LMK7)");
  });
  it("pass on what one of them measured beside the model's landmarks", async () => {
    const [one, two] = await writePlates();
    const flags = [...Array.from({ length: 24 }, () => "Y"), "Y", "N"];
    const marked = makeProfiles({ samples, fields: { pr_is_lmark: flags } });
    await writeProfiles(two ?? "", rowsOf(marked, 13, 14));
    await f.infer({ inputs: [one ?? "", two ?? ""] });
    const { row, values, shape } = await readWithHdf5(f.output);
    expect(row["id"]?.slice(23, 26)).toEqual(["LMK23", "OTHER1", "LMK0|target"]);
    expect([values[24], values[13 * (shape[1] ?? 0) + 24]]).toEqual([Number.NaN, 13.5]);
  });
  it("have one cohort's moments with --harmonise cohort", async () => {
    await writeProfiles(f.input, f.profiles());
    await f.infer({ output: f.path("whole.gctx"), options: { harmonise: "cohort" } });
    const inputs = await writePlates();
    await f.infer({ inputs, options: { harmonise: "cohort" } });
    expect((await readWithHdf5(f.output)).values).toEqual((await readWithHdf5(f.path("whole.gctx"))).values);
  });
  it("are each checked for their scale: all that do not fit are named", async () => {
    const [one, two, three] = await writePlates();
    const raw = f.profiles();
    const counts = { ...raw, values: raw.values.map((x) => Math.round(2 ** x)) };
    await writeProfiles(one ?? "", rowsOf(counts, 0, 13));
    await writeProfiles(two ?? "", rowsOf(counts, 13, 14));
    const error = await failure(f.infer({ inputs: [one ?? "", two ?? "", three ?? ""] }));
    expect([error.tag, error.fault.where]).toEqual(["scale-mismatch", "p0.gctx"]);
    expect(error.fault.examples).toEqual(["p0.gctx", "p1.gctx"]);
  });
  it("go on where they were stopped, and are refused when one of them changed", async () => {
    const inputs = await writePlates();
    await f.infer({ inputs, output: f.path("whole.gctx") });
    await f.stopAfter(16, { inputs });
    const { resumed } = await f.infer({ inputs });
    expect(resumed).toBe(16);
    expect((await readFile(f.output)).equals(await readFile(f.path("whole.gctx")))).toBe(true);
    await f.stopAfter(16, { inputs, output: f.path("other.gctx") });
    await writeProfiles(inputs[2] ?? "", rowsOf(makeProfiles({ samples, seed: 9 }), 14, samples));
    expect((await failure(f.infer({ inputs, output: f.path("other.gctx") }))).tag).toBe("other-plan");
    expect((await failure(f.infer({ inputs: inputs.slice(1), output: f.path("other.gctx") }))).tag).toBe("other-plan");
  });
  it("name the file and the profile of an infinite value", async () => {
    const inputs = await writePlates();
    const bad = rowsOf(f.profiles(), 14, samples);
    bad.values[26 * 4 + 2] = Number.POSITIVE_INFINITY;
    await writeProfiles(inputs[2] ?? "", bad);
    expect((await failure(f.infer({ inputs }))).message).toMatch(/p2\.gctx: .*profile 5, gene LMK2: Infinity/);
  });
});

describe("chosen samples", () => {
  it("have the results that they have among all", async () => {
    await writeProfiles(f.input, f.profiles());
    await f.infer({ output: f.path("whole.gctx") });
    const whole = await readWithHdf5(f.path("whole.gctx"));
    const { run } = await f.infer({ samples: "meta:plate=plate 3" });
    const { values, col, shape } = await readWithHdf5(f.output);
    const width = shape[1] ?? 0;
    expect(col["id"]).toEqual(Array.from({ length: 10 }, (_, i) => `S${30 + i}`));
    expect(values).toEqual(whole.values.slice(30 * width, 40 * width));
    expect(run.plan.options.samples).toEqual({ by: "meta", field: "plate", value: "plate 3" });
  });
  it("by a list keep the input's order; another list is another plan, the same in another order is not", async () => {
    await writeProfiles(f.input, f.profiles());
    const list = f.path("list.grp");
    await writeFile(list, "S9\nS40\nS2\n");
    await f.infer({ samples: list });
    expect((await readWithHdf5(f.output)).col["id"]).toEqual(["S2", "S9", "S40"]);
    await writeFile(list, "S2\nS9\nS40\n");
    expect((await f.infer({ samples: list })).status).toBe("already done");
    await writeFile(list, "S2\nS9\nS41\n");
    expect((await failure(f.infer({ samples: list }))).tag).toBe("other-plan");
    expect((await failure(f.infer({ samples: f.path("none.grp") }))).tag).toBe("no-input");
  });
});

describe("chosen genes", () => {
  it("have the bits that they have among all, and are refused where there are none", async () => {
    await writeProfiles(f.input, f.profiles());
    const all = await f.model.predict(f.profiles());
    const targets = { by: "list", label: "l", genes: ["TGT9", "2004", "LMK0|target"] } as const;
    await using model = await loadModelFolder(f.small.dir, { device: "cpu", targets });
    const some = await model.predict(f.profiles());
    expect(some.genes.ids.slice(24)).toEqual(["LMK0|target", "TGT4", "TGT9"]);
    const column = (predicted: typeof all, id: string): number[] => {
      const [at, width] = [predicted.genes.ids.indexOf(id), predicted.genes.ids.length];
      return Array.from({ length: samples }, (_, row) => predicted.values[row * width + at] ?? Number.NaN);
    };
    for (const id of some.genes.ids) expect(column(some, id)).toEqual(column(all, id));
    expect(some.ood).toEqual(all.ood);
    const error = await failure(
      loadModelFolder(f.small.dir, { targets: { by: "list", label: "l", genes: ["X", "LMK3"] } }),
    );
    expect([error.tag, error.fault.examples]).toEqual(["usage", ["X"]]);
  });
  it("stay z scores of their own training moments", async () => {
    const targets = { by: "columns", columns: "3-4,7" } as const;
    await using model = await loadModelFolder(f.small.dir, { device: "cpu", targets });
    const options = { scale: "z" } as const;
    const [some, all] = [
      await model.predict({ ...f.profiles(), options }),
      await f.model.predict({ ...f.profiles(), options }),
    ];
    expect([some.values[24], some.values[26]]).toEqual([all.values[24 + 3], all.values[24 + 7]]);
  });
});

it("a sharded run of several inputs, chosen samples and chosen genes gives the bytes of a single one", async () => {
  const inputs = await writePlates();
  const list = f.path("list.grp");
  await writeFile(
    list,
    f
      .profiles()
      .samples.ids.filter((_, i) => i % 3 !== 1)
      .join("\n"),
  );
  const targets = { by: "columns", columns: "1-2,9-12" } as const;
  await using model = await loadModelFolder(f.small.dir, { device: "cpu", targets });
  const job = { model, inputs, samples: list, options: { harmonise: "cohort" } } as const;
  await f.infer({ ...job, output: f.path("whole.gctx") });
  const folder = f.path("run");
  await planShards({ ...job, output: f.output, folder, modelDir: f.small.dir, blockRows: 8, shardRows: 8 });
  const { committed } = await runShards({ folder, environment: {}, threads: 1 });
  expect(committed).toHaveLength(5);
  await mergeShards({ folder });
  expect((await readFile(f.output)).equals(await readFile(f.path("whole.gctx")))).toBe(true);
});
