import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../../data/node/dataset.ts";
import { exists } from "../../data/node/exists.ts";
import { prepareDataset } from "../../data/node/prepare.ts";
import { openSession } from "../../runtime/node/open.ts";
import { train } from "../../train/train.ts";
import { prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";
import { dgexRecipe } from "../train/family-input.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-train-command-"));
  await writeSmallCohort(join(folder, "in.gctx"), { samples: 60, genes: 8 });
  await prepareDataset(prepareOptions(join(folder, "in.gctx"), join(folder, "data")));
  await writeFile(join(folder, "net.json"), JSON.stringify(net));
  // What a process of the test sees of its memory, in every thread.
  await writeFile(join(folder, "small.cjs"), "process.availableMemory = () => 1000;\n");
});
afterAll(() => rm(folder, { recursive: true }));

const net = dgexRecipe({ outputs: false, optimisation: { epochs: 2, batchSize: 12 } });

/** Runs `landfall train`, its stderr a pipe. */
function landfall(run: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const command = ["train", join(folder, "net.json"), "--data", join(folder, "data"), "-o", join(folder, run)];
  const options = { encoding: "utf8", env: { ...process.env, ...env } } as const;
  return spawnSync(process.execPath, ["bin/landfall.js", ...command, "--device", "cpu", ...args], options);
}

it("warns at once, once and in a whole line when memory may not suffice, and the run says so too", async () => {
  const env = { NODE_OPTIONS: `--require ${join(folder, "small.cjs")}` };
  const { status, stdout, stderr } = landfall("warned", ["--set", "partitions.count=2"], env);
  expect(status).toBe(0);
  const lines = stderr.split("\n").filter((line) => line.includes("memory may not suffice"));
  expect(lines).toEqual([
    expect.stringMatching(/^warning: memory may not suffice: .* partitions of the targets take less$/),
  ]);
  const { notes } = JSON.parse(await readFile(join(folder, "warned", "run.json"), "utf8"));
  expect(notes).toContain(lines[0]?.replace("warning: ", ""));
  expect(stdout).not.toContain(lines[0]?.replace("warning: ", ""));
});

it("says that it is already done, and is; another recipe or another engine is refused", async () => {
  const first = landfall("done");
  expect(first.status).toBe(0);
  const before = await readFile(join(folder, "done", "run.json"), "utf8");
  const again = landfall("done");
  expect(again.stderr).toBe(`already done: ${join(folder, "done")}\n`);
  expect(again.status).toBe(0);
  expect(again.stdout).toBe(first.stdout.replace(/run written to .*\n/, ""));
  expect(await readFile(join(folder, "done", "run.json"), "utf8")).toBe(before);
  expect(JSON.parse(landfall("done", ["--json"]).stdout)).toMatchObject({ selected: { epoch: expect.any(Number) } });
  for (const args of [
    ["--set", "optimisation.seed=9"],
    ["--engine", "tfjs:cpu", "--device", "auto"],
  ]) {
    const { status, stderr } = landfall("done", args);
    expect(stderr).toMatch(/the run directory exists already/);
    expect(status).toBe(73);
  }
  const forced = landfall("done", ["--force"]);
  expect(forced.stdout).toMatch(/run written to/);
  expect(forced.status).toBe(0);
});

describe("the checkpoint of a training that was killed when its run was in place already", () => {
  const saved = (): string => join(folder, "saved");
  const stopped = dgexRecipe({ outputs: false, optimisation: { epochs: 50, batchSize: 12 } });

  async function trained(
    run: string,
    recipe = stopped,
    more: { resume?: boolean; signal?: AbortSignal; onProgress?: () => void } = {},
  ) {
    await using dataset = await openDataset(join(folder, "data"));
    const out = join(folder, run);
    let done = false;
    const onAlreadyDone = (): void => {
      done = true;
    };
    const options = { recipe, dataset, open: openSession, device: "cpu", out, onProgress: () => undefined } as const;
    await train({ ...options, onAlreadyDone, ...more });
    return done;
  }

  beforeAll(async () => {
    const stop = new AbortController();
    const stopping = trained("run", stopped, { signal: stop.signal, onProgress: () => stop.abort() });
    await stopping.catch(() => undefined);
    await cp(join(folder, "run.checkpoint"), saved());
    await trained("run", stopped, { resume: true });
  });

  it("is removed, a file or a folder of parts, and what its saves have left", async () => {
    const checkpoint = join(folder, "run.checkpoint");
    expect(await exists(checkpoint)).toBe(false);
    await cp(saved(), checkpoint);
    await writeFile(join(folder, ".run.checkpoint.0123456789ab.tmp"), "half");
    expect(await trained("run", stopped, { resume: true })).toBe(true);
    expect((await readdir(folder)).filter((name) => name.includes("run.checkpoint"))).toEqual([]);
    await mkdir(checkpoint);
    await cp(saved(), join(checkpoint, "part-1"));
    await writeFile(join(checkpoint, ".part-2.0123456789ab.tmp"), "half");
    expect(await trained("run")).toBe(true);
    expect(await exists(checkpoint)).toBe(false);
  });

  it("stays where it is another training's", async () => {
    expect(await trained("other", net)).toBe(false);
    await cp(saved(), join(folder, "other.checkpoint"));
    expect(await trained("other", net)).toBe(true);
    expect(await exists(join(folder, "other.checkpoint"))).toBe(true);
  });
});
