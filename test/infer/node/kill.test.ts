import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../../data/random.ts";
import { inferFile } from "../../../infer/node/batch.ts";
import { loadModelFolder } from "../../../infer/node/load-model.ts";
import type { Predictor } from "../../../infer/predictor.ts";
import { makeProfiles, writeProfiles } from "../support/profiles.ts";
import { makeSmallModel, type SmallModel } from "../support/small-model.ts";

const child = fileURLToPath(new URL("../support/infer-child.mjs", import.meta.url));
const samples = 61;

let folder: string;
let small: SmallModel;
let model: Predictor;
let input: string;
let reference: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-kill-"));
  small = await makeSmallModel(folder);
  model = await loadModelFolder(small.dir, { device: "cpu" });
  input = join(folder, "in.gctx");
  await writeProfiles(input, makeProfiles({ samples }));
  await infer(join(folder, "reference.gctx"));
  reference = await readFile(join(folder, "reference.gctx"));
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const infer = (output: string) => inferFile({ model, inputs: [input], output, blockRows: 8, syncMs: 0 });
/** Names around an output, hidden ones too. */
const around = async (name: string): Promise<string[]> =>
  (await readdir(folder)).filter((entry) => entry.includes(name)).toSorted();

/** What is visible is whole; the same call goes on to the same bytes, leaves nothing else, and is then done. */
async function expectRecovery(name: string): Promise<void> {
  const output = join(folder, name);
  const visible = await readFile(output).catch(() => undefined);
  expect(visible ?? reference).toEqual(reference);
  await infer(output);
  expect((await readFile(output)).equals(reference)).toBe(true);
  expect(await around(name)).toEqual([name, `${name}.run.json`]);
  expect((await infer(output)).status).toBe("already done");
}

describe("kill -9", () => {
  it("at any call to the file system loses nothing", { timeout: 300_000 }, async () => {
    const counting = [child, small.dir, input, join(folder, "count.gctx")];
    const { stdout } = spawnSync(process.execPath, counting, { encoding: "utf8" });
    const [start = 0, end = 0] = (/calls (\d+) (\d+)/.exec(stdout) ?? []).slice(1).map(Number);
    // The first calls, some between blocks, and all from the last block to the end of the job.
    const instants = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24].filter((n) => n <= start).map((n) => `start:${n}`);
    for (let n = 1; n <= end; n += 1) instants.push(`end:${n}`);
    let kills = 0;
    for (const [i, instant] of instants.entries()) {
      const name = `killed-${i}.gctx`;
      const { signal } = spawnSync(process.execPath, [child, small.dir, input, join(folder, name), instant]);
      // Syncs run in the background, so one run may have a call or two less than the other.
      if (signal === "SIGKILL") kills += 1;
      await expectRecovery(name);
    }
    expect(kills).toBeGreaterThanOrEqual(20);
    expect(kills).toBeGreaterThanOrEqual(instants.length - 3);
  });

  it("again and again, with some blocks done in between, still ends in the same bytes", {
    timeout: 120_000,
  }, async () => {
    const random = new Random(3);
    const output = join(folder, "again.gctx");
    const progress: number[] = [];
    for (let kills = 0; kills < 20; kills += 1) {
      const blocks = 1 + random.integer(3);
      const reached = await killAfter(blocks, output);
      if (reached === undefined) break;
      progress.push(reached);
    }
    // Each process goes on where the one before it was killed, or a block or two earlier.
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.at(-1)).toBeGreaterThan(progress[0] ?? Number.NaN);
    await expectRecovery("again.gctx");
  });
});

/** Kills a process when it reports its n-th block; the profiles done by then, or undefined when it had finished. */
function killAfter(blocks: number, output: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const job = spawn(process.execPath, [child, small.dir, input, output], { stdio: ["ignore", "pipe", "ignore"] });
    let reports = -1;
    let reached = 0;
    job.stdout.on("data", (text: Buffer) => {
      for (const [, done] of text.toString().matchAll(/done (\d+)/g)) {
        reports += 1;
        reached = Number(done);
        if (reports >= blocks) job.kill("SIGKILL");
      }
    });
    job.on("exit", (_, signal) => resolve(signal === "SIGKILL" ? reached : undefined));
  });
}
