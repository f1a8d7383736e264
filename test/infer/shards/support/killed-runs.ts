import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { Random } from "../../../../data/random.ts";
import { inferFile } from "../../../../infer/node/batch.ts";
import { loadModelFolder } from "../../../../infer/node/load-model.ts";
import { planShards } from "../../../../infer/node/shards/plan-shards.ts";
import { shardsStatus } from "../../../../infer/node/shards/status.ts";
import { makeProfiles, writeProfiles } from "../../support/profiles.ts";
import { makeSmallModel } from "../../support/small-model.ts";
import { bytesOf } from "./bytes-of.ts";

const child = fileURLToPath(new URL("../../support/killed-child.mjs", import.meta.url));
const samples = 90;

/** What killing came to. */
export interface Killed {
  readonly kills: number;
  /** Runs that were finished all the same, each with the bytes of a run by one process. */
  readonly runs: number;
  /** Kills after which more was committed or merged than after the kill before. */
  readonly advances: number;
  /** Kills that struck while shards were merged. */
  readonly inMerge: number;
}

/** How often to kill. */
export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  /** Of the output. */
  readonly format: "gctx" | "zarr";
}

/**
 * Lets two processes at a time work on the same shards and merge them, kills each at a random call to the file system,
 * starts them again, and compares every finished output with that of one undisturbed process.
 */
export async function killRuns({ kills, seed, format }: KillOptions): Promise<Killed> {
  const folder = await mkdtemp(join(tmpdir(), "landfall-killed-"));
  const random = new Random(seed);
  const count = { kills: 0, runs: 0, advances: 0, inMerge: 0 };
  try {
    const { reference, plan } = await prepare(folder, format);
    const calls = await callsOfOne(await plan("count"));
    while (count.kills < kills) {
      const run = await plan(`run-${count.runs}`);
      for (let before = 0; ; ) {
        // Two processes share the calls of one. The last run is let through when there have been enough kills.
        const at = () => (count.kills < kills ? 1 + random.integer(Math.ceil(calls / 2)) : 0);
        const ends = await Promise.all([work(run, at()), work(run, at())]);
        const killed = ends.filter((end) => end === "killed").length;
        const { status } = await shardsStatus(run);
        if (killed > 0 && status.missing === "") count.inMerge += 1;
        const reached = status.committed + (await journaled(status.output));
        expect(status.merged || reached >= before).toBe(true);
        if (killed > 0 && reached > before) count.advances += 1;
        before = reached;
        count.kills += killed;
        if (!status.merged) continue;
        // Whoever was killed behind the record left its traces to the next one.
        expect(await bytesOf(status.output)).toEqual(reference);
        expect(await work(run, 0)).toBe("done");
        break;
      }
      count.runs += 1;
      await expectTidy(folder, run);
    }
    return count;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** An input, its output by one process, and how to plan a run of 12 shards of two blocks. */
async function prepare(folder: string, format: "gctx" | "zarr") {
  const { dir } = await makeSmallModel(folder);
  const input = join(folder, "in.gctx");
  await writeProfiles(input, makeProfiles({ samples }));
  const at = (name: string): string => join(folder, name);
  // A block of a single run and of a shard give the same rows, but are objects of Zarr.
  const blockRows = format === "zarr" ? 4 : 8;
  const single = at(`single.${format}`);
  {
    await using model = await loadModelFolder(dir, { device: "cpu" });
    await inferFile({ model, inputs: [input], output: single, blockRows });
  }
  const plan = async (name: string): Promise<string> => {
    await using model = await loadModelFolder(dir, { device: "cpu" });
    const what = { model, modelDir: dir, inputs: [input], output: at(`${name}.${format}`), folder: at(name) };
    await planShards({ ...what, blockRows: 4, shardRows: 8 });
    return at(name);
  };
  return { reference: await bytesOf(single), plan };
}

/** Runs a process on a run; killed before its n-th call, unless it had ended by then; 0: never. */
async function work(run: string, killAt: number): Promise<"done" | "killed" | "again"> {
  const { signal, status, complaint } = await ended(run, killAt);
  if (signal === "SIGKILL") return "killed";
  if (status === 0) return "done";
  if (status === 75) return "again";
  throw new Error(`a process ended with ${status}: ${complaint}`);
}

async function callsOfOne(run: string): Promise<number> {
  return Number(/calls (\d+)/.exec((await ended(run, 0)).printed)?.[1]);
}

function ended(run: string, killAt: number) {
  return new Promise<{ signal: string | null; status: number | null; printed: string; complaint: string }>(
    (resolve) => {
      const process_ = spawn(process.execPath, [child, "shards", run, `start:${killAt}`], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [printed, complaint] = ["", ""];
      process_.stdout.on("data", (text: Buffer) => void (printed += text.toString()));
      process_.stderr.on("data", (text: Buffer) => void (complaint += text.toString()));
      process_.on("close", (status, signal) => resolve({ signal, status, printed, complaint }));
    },
  );
}

/** Lines of an unfinished output's journal. */
async function journaled(output: string): Promise<number> {
  const text = await readFile(`${output}.journal`, "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "").length;
}

/** Nothing is left beside the output and its record, nor of attempts that do not count. */
async function expectTidy(folder: string, run: string): Promise<void> {
  const { output } = (await shardsStatus(run)).status;
  const beside = (await readdir(folder)).filter((name) => join(folder, name).startsWith(output));
  expect(beside.map((name) => join(folder, name)).toSorted()).toEqual([output, `${output}.run.json`]);
  const left = (await readdir(folder)).filter((name) => name.startsWith("."));
  expect(left).toEqual([]);
  expect(await readdir(join(run, "tmp"))).toEqual([]);
  expect(await readdir(join(run, "shards"))).toHaveLength((await readdir(join(run, "done"))).length);
}
