import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ClusterRun, landfall } from "./support/cluster-run.ts";
import { SlurmCluster, slurmAbsent } from "./support/slurm-cluster.ts";

it("ten shards on a Slurm of two nodes survive SIGKILL of a process and of a whole task, and merge to the same bytes", {
  timeout: 1_800_000,
}, async (ctx) => {
  const reason = slurmAbsent();
  if (reason !== undefined) return ctx.skip(reason);
  await using run = await ClusterRun.plan(10);
  using cluster = new SlurmCluster();
  const env = { ...process.env, ...cluster.environment, ...run.environment({ 2: "process", 5: "task" }) };
  const flags = ["--time=20", "--merge-time=20", "--cpus=1", "--mem=500M", "--throttle=2"];
  const submitted = spawnSync(process.execPath, [landfall, "shards", "submit", run.run, ...flags], {
    encoding: "utf8",
    env,
  });
  expect(submitted.stderr).toContain("sent: shards 0-9 and the merge");
  const [array = "", merge = ""] = submitted.stdout.trim().split("\n");

  expect(await run.merged(1200)).toBe(true);
  expect(await run.isReference()).toBe(true);
  expect(await run.status()).toMatchObject({ shards: 10, committed: 10, merged: true });
  // Shard 2 was tried again by its script; shard 5, whose script was killed too, was sent again by the merge.
  expect(await run.strike("process", 2)).toBeDefined();
  expect(await run.strike("task", 5)).toBeDefined();
  const markers = await run.markers();
  const jobs = markers.map(({ attempt }) => attempt.split("-")[1]);
  expect(new Set(jobs.filter((_, shard) => shard !== 5)).has(jobs[5])).toBe(false);
  expect(new Set(markers.map(({ attempt }) => attempt.split("-")[0]))).toEqual(new Set(["n1", "n2"]));
  const log = join(run.run, "log");
  expect(await readFile(join(log, `shards-${array}_2.out`), "utf8")).toContain("try 1 of restart 0 on n");
  expect((await readdir(log)).filter((name) => name.endsWith("_5.out"))).toHaveLength(2);
  expect(await readFile(join(log, `merge-${merge}.out`), "utf8")).toContain("1 of 10 shards are missing");
  // What the killed ones left is swept away.
  expect(await readdir(join(run.run, "tmp"))).toEqual([]);
});
