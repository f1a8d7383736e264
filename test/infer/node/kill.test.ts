import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../../data/random.ts";
import { inferFile } from "../../../infer/node/batch.ts";
import { loadModelFolder } from "../../../infer/node/load-model.ts";
import type { Predictor } from "../../../infer/predictor.ts";
import { signalAtChange } from "../../support/signal-at-change.ts";
import { makeProfiles, writeProfiles } from "../support/profiles.ts";
import { makeSmallModel, type SmallModel } from "../support/small-model.ts";

const child = fileURLToPath(new URL("../support/killed-child.mjs", import.meta.url));
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

/** Infers in a process of its own; whether it was killed. */
function isKilled(name: string, how: { readonly at?: string; readonly env?: NodeJS.ProcessEnv }): boolean {
  const { at = "", env = process.env } = how;
  const args = [child, "infer", small.dir, input, join(folder, name), at];
  const { signal, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  if (signal !== "SIGKILL" && status !== 0) throw new Error(`a process ended with ${status ?? signal}: ${stderr}`);
  return signal === "SIGKILL";
}

describe("kill -9", () => {
  it("at any call to the file system loses nothing", { timeout: 1_800_000 }, async () => {
    let kills = 0;
    const survives = async (at: string): Promise<boolean> => {
      const name = `killed-${at.replace(":", "-")}.gctx`;
      const killed = isKilled(name, { at });
      if (killed) kills += 1;
      await expectRecovery(name);
      return !killed;
    };
    // The first calls, some between blocks, and all from the last block to the end of the job.
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24]) await survives(`start:${n}`);
    // Syncs run in the background and take several blocks at once: processes differ by a few calls.
    for (let n = 1, survivors = 0; survivors < 3; n += 1) if (await survives(`end:${n}`)) survivors += 1;
    expect(kills).toBeGreaterThanOrEqual(20);
  });

  it("again and again, with some blocks done in between, still ends in the same bytes", {
    timeout: 900_000,
  }, async () => {
    const random = new Random(3);
    const path = join(folder, "again.gctx.journal");
    const recorded: number[] = [0];
    // Killed when its first blocks are in the journal, of later ones when that has been written a few times more.
    for (let appended = 1; ; appended = recorded.length < 4 ? 1 : 1 + random.integer(3)) {
      // Each opening of the journal appends the end of a line, and a job that begins opens it twice.
      const times = appended + (recorded.length === 1 ? 2 : 1);
      if (!isKilled("again.gctx", { env: signalAtChange({ path, signal: "SIGKILL", times }) })) break;
      const blocks = (await readFile(path, "utf8")).split("\n").flatMap((line) => line.split(" ")[1] ?? []);
      // Each process goes on where the one before it was killed: it is killed only after it has added to the journal.
      const { size } = new Set(blocks);
      expect(size).toBeGreaterThan(recorded.at(-1) ?? Number.NaN);
      recorded.push(size);
    }
    expect(recorded.length).toBeGreaterThanOrEqual(4);
    await expectRecovery("again.gctx");
  });
});
