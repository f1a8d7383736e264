import { spawnSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../schemas/index.ts";
import { signalAtChange } from "../../support/signal-at-change.ts";
import { BatchFixture, failure } from "../support/batch-fixture.ts";
import { makeProfiles, writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();
const cli = fileURLToPath(new URL("../../../bin/landfall.js", import.meta.url));

describe("a job that something outside stops", () => {
  it("for want of space on a real, small disk keeps what fits, and goes on when there is space", async (ctx) => {
    const disk = f.path("disk");
    await mkdir(disk);
    const mount = (...options: string[]): boolean =>
      spawnSync("mount", ["-t", "tmpfs", "-o", options.join(","), "tmpfs", disk]).status === 0;
    if (!mount("size=512k")) ctx.skip("this process may not mount a tmpfs");
    try {
      await writeProfiles(f.input, makeProfiles({ samples: 5000 }));
      await f.infer({ output: f.path("whole.gctx"), blockRows: 64 });
      const job = { output: `${disk}/out.gctx`, blockRows: 64 };
      const error = await failure(f.infer(job));
      expect([error.tag, error.exitCode]).toEqual(["cannot-create", 73]);
      expect(error.message).toMatch(/ENOSPC.*the same command then goes on after \d+ of 5000 profiles/);
      const kept = Number(/after (\d+) of/.exec(error.message)?.[1]);
      expect(kept).toBeGreaterThan(0);
      expect(mount("remount", "size=16m")).toBe(true);
      const { resumed } = await f.infer(job);
      expect(resumed).toBe(kept);
      expect((await readFile(job.output)).equals(await readFile(f.path("whole.gctx")))).toBe(true);
    } finally {
      spawnSync("umount", [disk]);
    }
  });
  it("by a reading error keeps what was computed, for the same command to go on", async () => {
    await writeProfiles(f.input, f.profiles());
    await f.infer({ output: f.path("whole.gctx") });
    const run = f.model.run.bind(f.model);
    const broken = Object.create(f.model, {
      run: {
        value: (...[block, plan]: Parameters<typeof run>) =>
          block.start >= 32
            ? Promise.reject(new AppError("unavailable", { what: "input/output error", where: "in.gctx" }))
            : run(block, plan),
      },
    }) as typeof f.model;
    const error = await failure(f.infer({ model: broken }));
    expect([error.tag, error.exitCode]).toEqual(["unavailable", 69]);
    expect((await f.infer()).resumed).toBe(32);
    expect((await readFile(f.output)).equals(await readFile(f.path("whole.gctx")))).toBe(true);
  });
  it("by SIGTERM ends with exit code 75, and goes on", async () => {
    await writeProfiles(f.input, makeProfiles({ samples: 8000 }));
    await f.infer({ output: f.path("whole.gctx"), blockRows: 1024 });
    const args = ["infer", f.small.dir, f.input, "-o", f.output, "--device", "cpu", "--batch-size", "1"];
    // In the middle: a block is a write or more, and there are 8000.
    const env = signalAtChange({ path: `${f.output}.partial`, signal: "SIGTERM", times: 100 });
    const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8", env });
    expect([status, stderr]).toEqual([
      75,
      expect.stringMatching(/stopped after \d+ of 8000 profiles\. The same command goes on from there/),
    ]);
    const { resumed } = await f.infer({ blockRows: 1 });
    expect(resumed).toBeGreaterThan(0);
    expect((await readFile(f.output)).equals(await readFile(f.path("whole.gctx")))).toBe(true);
  });
});
