import { copyFile, readFile, truncate, writeFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import { writeExpression } from "../../../data/node/write.ts";
import { AppError, type ErrorTag, isAppError } from "../../../schemas/index.ts";
import { readWithHdf5 } from "../../data/write/matrix.ts";
import { BatchFixture, failure } from "../support/batch-fixture.ts";
import { withoutGenes, writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();

describe("bad input is refused, and nothing is left behind:", () => {
  /** Refused with this tag and text; the folder holds what it held before. */
  async function expectRefused(
    work: () => Promise<unknown>,
    [tag, exitCode, text]: readonly [ErrorTag, number, RegExp],
  ): Promise<void> {
    const before = await f.files();
    const error = await failure(work());
    expect(error.message).toMatch(text);
    expect([error.tag, error.exitCode]).toEqual([tag, exitCode]);
    expect(await f.files()).toEqual(before);
  }
  const asText = async (name: string, edit: (text: string) => string = (text) => text): Promise<string> => {
    const path = f.path(name);
    const format = /csv/.test(name) ? "csv" : /gct/.test(name) ? "gct" : "tsv";
    await writeProfiles(f.input, f.profiles());
    await using source = await openExpression(f.input);
    await writeExpression(path, source, { format });
    await writeFile(path, edit(await readFile(path, "utf8")));
    return path;
  };

  it("a GCTX file cut short", async () => {
    await writeProfiles(f.input, f.profiles());
    await truncate(f.input, 6000);
    await expectRefused(() => f.infer(), ["bad-data", 65, /in\.gctx/]);
  });
  it("a GCTX whose matrix ends early", async () => {
    await writeProfiles(f.input, f.profiles());
    const { length } = await readFile(f.input);
    await truncate(f.input, length - 4 * 26 * 20);
    await expectRefused(() => f.infer(), ["bad-data", 65, /in\.gctx/]);
  });
  it("duplicate sample ids", async () => {
    const path = await asText("in.tsv", (text) => text.replace("\nS7\t", "\nS6\t"));
    await expectRefused(() => f.infer({ inputs: [path] }), ["bad-data", 65, /sample ids are not unique.*S6/]);
  });
  it("duplicate landmarks", async () => {
    const path = await asText("in.tsv", (text) => text.replace("OTHER1", "LMK4"));
    await expectRefused(() => f.infer({ inputs: [path] }), ["bad-data", 65, /landmark LMK4 = LMK4,LMK4/]);
  });
  it.each(["in.tsv", "in.csv", "in.gct"])("a cell late in %s that is not a number, with its place", async (name) => {
    const path = await asText(name, (text) => {
      const at = text.lastIndexOf(name.endsWith("csv") ? "," : "\t");
      return `${text.slice(0, at + 1)}oops\n`;
    });
    await expectRefused(() => f.infer({ inputs: [path] }), ["bad-data", 65, /oops/]);
  });
  it("a cell that turns bad only while profiles are computed: the unfinished output goes, too", async () => {
    await writeProfiles(f.input, f.profiles());
    const run = f.model.run.bind(f.model);
    vi.spyOn(f.model, "run").mockImplementation(async (block, plan) => {
      if (block.start >= 32) throw new AppError("bad-data", { what: "line 40 has changed" });
      return run(block, plan);
    });
    await expectRefused(() => f.infer(), ["bad-data", 65, /line 40/]);
  });
  it("too few landmarks", async () => {
    await writeProfiles(f.input, withoutGenes(f.profiles(), ["LMK1", "LMK2", "LMK3"]));
    await expectRefused(() => f.infer(), ["bad-data", 65, /3 of 24 landmarks are missing.*LMK1; LMK2; LMK3/]);
  });
  it("counts where log2 is expected", async () => {
    const counts = f.profiles();
    counts.values.forEach((value, i) => {
      counts.values[i] = Math.round(2 ** value);
    });
    await writeProfiles(f.input, counts);
    await expectRefused(() => f.infer(), ["scale-mismatch", 65, /log2/]);
  });
  it("an empty file", async () => {
    await writeFile(f.input, "");
    await expectRefused(() => f.infer(), ["bad-data", 65, /empty/]);
  });
  it("no file", async () => {
    await expectRefused(() => f.infer(), ["no-input", 66, /no such file/]);
  });
  it("the same file twice, no file that matches, or none at all", async () => {
    await writeProfiles(f.input, f.profiles());
    await expectRefused(() => f.infer({ inputs: [f.input, f.path("*.gctx")] }), ["usage", 64, /given twice.*in\.gctx/]);
    await expectRefused(() => f.infer({ inputs: [f.path("*.gct")] }), ["no-input", 66, /no file matches.*\*\.gct/]);
    await expectRefused(() => f.infer({ inputs: [] }), ["usage", 64, /no input is given/]);
  });
  it("an output that is the input, a folder, of no known format, or in no folder", async () => {
    await writeProfiles(f.input, f.profiles());
    await expectRefused(() => f.infer({ output: f.input, force: true }), ["usage", 64, /the output is the input/]);
    await expectRefused(
      () => f.infer({ output: f.folder, options: { format: "gctx" }, force: true }),
      ["cannot-create", 73, /folder/],
    );
    await expectRefused(() => f.infer({ output: f.path("out.xlsx") }), ["usage", 64, /gctx/]);
    await expectRefused(() => f.infer({ output: f.path("none/out.gctx") }), ["cannot-create", 73, /folder/]);
  });
  it("ids that the output's format cannot hold", async () => {
    const odd = f.profiles();
    const ids = odd.samples.ids.map((id, i) => (i === 4 ? "a\tb" : id));
    await writeProfiles(f.input, { ...odd, samples: { ids, fields: new Map() } });
    await expectRefused(() => f.infer({ output: f.path("out.tsv") }), ["bad-data", 65, /a\\tb/]);
    await expect(f.infer()).resolves.toBeDefined();
  });
  it("GCT text behind a name in .gctx is read all the same, with a warning", async () => {
    const path = await asText("wrong.gctx");
    await copyFile(path, f.path("copy.gctx"));
    const { run } = await f.infer({ inputs: [path] });
    expect(run.warnings.join("\n")).toMatch(/GCT text/);
    expect((await readWithHdf5(f.output)).values).toEqual((await f.model.predict(f.profiles())).values);
  });
});

it("a cancelled signal before the start leaves nothing behind", async () => {
  await writeProfiles(f.input, f.profiles());
  const error = await failure(f.infer({ signal: AbortSignal.abort() }));
  expect(isAppError(error, "cancelled")).toBe(true);
  expect(await f.files()).toEqual(["in.gctx"]);
});
