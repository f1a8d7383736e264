import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it, type TestContext } from "vitest";
import { ClusterRun, landfall, type Strike } from "./support/cluster-run.ts";

const template = (name: string): string => fileURLToPath(new URL(`../../../templates/${name}`, import.meta.url));
const command = `${process.execPath} ${landfall}`;

function requireTool(ctx: TestContext, name: string): void {
  if (spawnSync(name, ["--version"]).status !== 0) ctx.skip(`${name} is not installed (apt: ${name})`);
}

/** Runs an engine's template on a run; the end of what it says. */
function engine(run: ClusterRun, words: readonly string[], strikes: Readonly<Record<number, Strike>>): number | null {
  const [name = "", ...args] = words;
  const env = { ...process.env, LANDFALL: command, HOME: run.root, ...run.environment(strikes) };
  const { status, stderr } = spawnSync(name, args, { encoding: "utf8", env, cwd: run.root });
  if (status !== 0) process.stderr.write(stderr);
  return status;
}

describe("the templates of other engines", () => {
  it.for(["gctx", "zarr"] as const)(
    "Snakemake runs every shard, a killed one again, and merges %s to the same bytes",
    {
      timeout: 900_000,
    },
    async (format, ctx) => {
      requireTool(ctx, "snakemake");
      await using run = await ClusterRun.plan(3, format);
      const config = ["--config", `run=${run.run}`, `landfall=${command}`];
      const words = ["snakemake", "--snakefile", template("snakemake/Snakefile"), ...config, "--cores", "2"];
      expect(engine(run, words, { 1: "process" })).toBe(0);
      expect(await run.strike("process", 1)).toBeDefined();
      expect(await run.isReference()).toBe(true);
      // A second call finds nothing to do.
      expect(engine(run, words, { 0: "process", 2: "process" })).toBe(0);
      expect(await run.strike("process", 0)).toBeUndefined();
    },
  );
  it("GNU parallel runs every shard, a killed one again, and merges to the same bytes", {
    timeout: 900_000,
  }, async (ctx) => {
    requireTool(ctx, "parallel");
    await using run = await ClusterRun.plan(4);
    const words = [template("gnu-parallel/shards.sh"), run.run, "--jobs", "2"];
    expect(engine(run, words, { 2: "process" })).toBe(0);
    expect(await run.strike("process", 2)).toBeDefined();
    expect(await run.isReference()).toBe(true);
    expect(engine(run, words, { 0: "process" })).toBe(0);
    expect(await run.strike("process", 0)).toBeUndefined();
  });
});
