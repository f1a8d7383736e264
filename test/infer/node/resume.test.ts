import { readFile, rm } from "node:fs/promises";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { writeError } from "../../../data/node/atomic.ts";
import { RowFile } from "../../../data/node/row-file.ts";
import type { InferFileOptions } from "../../../infer/node/job.ts";
import { InferRun } from "../../../schemas/index.ts";
import { BatchFixture, failure } from "../support/batch-fixture.ts";
import { makeProfiles, writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();

describe("an interrupted job", () => {
  let reference: Buffer;
  beforeEach(async () => {
    await writeProfiles(f.input, f.profiles());
    await f.infer({ output: f.path("reference.gctx") });
    reference = await readFile(f.path("reference.gctx"));
  });
  it("keeps what it has computed, says so, and goes on to the same bytes", async () => {
    const error = await f.stopAfter(24);
    expect(error.tag).toBe("cancelled");
    expect(error.message).toContain("stopped after 24 of 50 profiles");
    expect(await f.files()).toEqual([
      "in.gctx",
      "out.gctx.journal",
      "out.gctx.partial",
      "out.gctx.plan.json",
      "reference.gctx",
      "reference.gctx.run.json",
    ]);
    const { run, resumed } = await f.infer();
    expect([run.computed, resumed]).toEqual([26, 24]);
    expect((await readFile(f.output)).equals(reference)).toBe(true);
    expect(await f.files()).toEqual([
      "in.gctx",
      "out.gctx",
      "out.gctx.run.json",
      "reference.gctx",
      "reference.gctx.run.json",
    ]);
  });
  it("has the facts of all its blocks in its record", async () => {
    const whole = InferRun.parse(JSON.parse(await readFile(f.path("reference.gctx.run.json"), "utf8")));
    await f.stopAfter(16);
    await f.stopAfter(32);
    const { run } = await f.infer();
    expect(run.outOfDistribution).toEqual(whole.outOfDistribution);
    expect(run.warnings).toEqual(whole.warnings);
    expect(run.plan).toEqual(whole.plan);
  });
  it("goes on with the cohort moments of its first pass", async () => {
    const options = { harmonise: "cohort" } as const;
    const other = f.path("cohort.gctx");
    await f.infer({ output: other, options });
    await f.stopAfter(24, { options });
    const phases = new Set<string>();
    await f.infer({ options, onProgress: ({ phase }) => void phases.add(phase) });
    expect([...phases]).toEqual(["infer"]);
    expect((await readFile(f.output)).equals(await readFile(other))).toBe(true);
  });
  it("goes on after the conversion to a text format was stopped", async () => {
    const text = f.path("out.gct");
    const stop = new AbortController();
    const onProgress: InferFileOptions["onProgress"] = ({ phase }) => {
      if (phase === "convert") stop.abort();
    };
    const big = makeProfiles({ samples: 3000 });
    await writeProfiles(f.input, big);
    const run = { output: text, blockRows: 1024 };
    const first = await failure(f.infer({ ...run, signal: stop.signal, onProgress }));
    expect(first.tag).toBe("cancelled");
    expect(await f.files()).not.toContain("out.gct");
    const again = await f.infer(run);
    expect(again.run.computed).toBe(0);
    expect(await f.files()).toContain("out.gct");
  });
  it("survives a full disk: what is written stays, and the same call goes on", async () => {
    const writing = vi.spyOn(RowFile.prototype, "writeRows");
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      syscall: "write",
    });
    const onProgress: InferFileOptions["onProgress"] = ({ done }) => {
      if (done >= 24) writing.mockRejectedValue(writeError(full, `${f.output}.partial`));
    };
    const error = await failure(f.infer({ onProgress }));
    expect(error.exitCode).toBe(73);
    expect(error.message).toMatch(/ENOSPC.*Free some space.*the same command then goes on after 24 of 50 profiles/);
    vi.restoreAllMocks();
    const { resumed } = await f.infer();
    expect(resumed).toBe(24);
    expect((await readFile(f.output)).equals(reference)).toBe(true);
  });
  it("of another plan is refused, unless forced", async () => {
    await f.stopAfter(24);
    const error = await failure(f.infer({ options: { scale: "z" } }));
    expect(error.tag).toBe("other-plan");
    expect(error.message).toContain("unfinished output");
    expect((await f.infer()).resumed).toBe(24);
    await f.stopAfter(24, { options: { scale: "z" }, force: true });
    expect((await readFile(f.output)).equals(reference)).toBe(true);
    expect((await f.infer({ options: { scale: "z" } })).resumed).toBe(24);
  });
  it("starts over when its unfinished output is gone", async () => {
    await f.stopAfter(24);
    await rm(`${f.output}.partial`);
    expect((await f.infer()).resumed).toBe(0);
    expect((await readFile(f.output)).equals(reference)).toBe(true);
  });
});
