import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ClusterRun, landfall } from "../infer/shards/support/cluster-run.ts";
import { SlurmCluster, slurmAbsent } from "../infer/shards/support/slurm-cluster.ts";

it("nine shards on a Slurm of two nodes survive the loss of a node: its task starts again on the other", {
  timeout: 3_600_000,
}, async (ctx) => {
  const reason = slurmAbsent();
  if (reason !== undefined) return ctx.skip(reason);
  await using run = await ClusterRun.plan(9);
  using cluster = new SlurmCluster();
  const env = { ...process.env, ...cluster.environment, ...run.environment({ 3: "stall" }) };
  const flags = ["--time=20", "--merge-time=20", "--cpus=1", "--mem=500M"];
  const submitted = spawnSync(process.execPath, [landfall, "shards", "submit", run.run, ...flags], {
    encoding: "utf8",
    env,
  });
  const [array = ""] = submitted.stdout.trim().split("\n");
  expect(await run.until(async () => (await run.strike("stall", 3)) !== undefined, 600)).toBe(true);
  const [pid = "", node = ""] = ((await run.strike("stall", 3)) ?? "").split(" ");
  expect(["n1", "n2"]).toContain(node);
  cluster.killNode(node, Number(pid));

  // Slurm gives the node up after SlurmdTimeout, and holds a requeued task for two minutes.
  expect(await run.merged(1800)).toBe(true);
  expect(await run.isReference()).toBe(true);
  const markers = await run.markers();
  expect(markers).toHaveLength(9);
  const [other, , restart] = markers[3]?.attempt.split("-") ?? [];
  expect([["n1", "n2"].find((name) => name !== node), "1"]).toEqual([other, restart]);
  expect(await readFile(join(run.run, "log", `shards-${array}_3.out`), "utf8")).toMatch(
    /NODE FAILURE|1 shard committed/,
  );
});
