import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { submitToSlurm } from "../../../infer/node/shards/submit.ts";
import { failure } from "../support/batch-fixture.ts";
import { ShardsFixture } from "./support/shards-fixture.ts";

const f = new ShardsFixture();
const templates = fileURLToPath(new URL("../../../templates/slurm", import.meta.url));
const resources = { time: "10", mergeTime: "20", cpus: 1, memory: "1G", rounds: 1, sbatch: [] };
const submit = (dryRun = false) =>
  submitToSlurm({ folder: f.run, templates, landfall: ["node", "landfall.js"], resources, dryRun });

let bin: string;
beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), "landfall-slurm-"));
  await f.plan();
  await f.shards([1]);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(bin, { recursive: true });
});

/** Commands of a Slurm that is not there. */
async function pretend(commands: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, body] of Object.entries(commands))
    await writeFile(join(bin, name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env["PATH"]}`);
}

describe("submitting to Slurm", () => {
  it("writes both jobs for what is missing, and with a dry run leaves it at that", async () => {
    const { script, text, jobs, shards } = await submit(true);
    expect([jobs, shards, script]).toEqual([[], "0,2-3", f.inRun("slurm", "submit.sh")]);
    expect(await readFile(script, "utf8")).toBe(text);
    expect(text).toContain("--array=0,2-3 ");
    expect(await readdir(f.inRun("slurm"))).toEqual(["merge.sbatch", "shards.sbatch", "submit.sh"]);
  });
  it("sends them and tells their numbers", async () => {
    await pretend({ scontrol: 'echo "MaxArraySize            = 1001"', sbatch: "echo $(($(date +%s%N) % 1000 + 1))" });
    const { jobs } = await submit();
    expect(jobs).toHaveLength(2);
    expect(jobs.every((job) => /^\d+$/.test(job))).toBe(true);
  });
  it("refuses shards that a job array cannot number", async () => {
    await pretend({ scontrol: 'echo "MaxArraySize            = 3"', sbatch: "echo 1" });
    const error = await failure(submit());
    expect([error.tag, error.message]).toEqual(["usage", expect.stringContaining("at most 3 (MaxArraySize), got 4")]);
  });
  it("says what Slurm says when it refuses", async () => {
    await pretend({ scontrol: "echo", sbatch: 'echo "sbatch: error: invalid partition" >&2; exit 1' });
    const error = await failure(submit());
    expect([error.tag, error.exitCode, error.fault.got]).toEqual([
      "unavailable",
      69,
      "sbatch: error: invalid partition",
    ]);
  });
  it("says so where there is no Slurm", async () => {
    vi.stubEnv("PATH", bin);
    const error = await failure(submit());
    expect([error.tag, error.fault.where]).toEqual(["unavailable", "scontrol"]);
    expect(error.fault.advice).toContain("--dry-run");
  });
});
