import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TrainingRun } from "../../schemas/index.ts";
import type { EngineName } from "../../train/engine-name.ts";
import { type Asked, finishedRun } from "../../train/finished-run.ts";
import { runRecord } from "../export/support/run.ts";

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "landfall-finished-"));
});
afterEach(() => rm(out, { recursive: true }));

/** Writes a run; what was asked for is what it is of, unless told. */
async function finished(changes: Partial<TrainingRun> = {}): Promise<(asked?: Partial<Asked>) => Promise<boolean>> {
  const run = { ...runRecord(), ...changes };
  await writeFile(join(out, "run.json"), JSON.stringify(run));
  const { recipe, dataset } = run;
  return async (asked) => {
    const found = await finishedRun({ recipe, dataset, out, ...asked });
    expect(found ?? run).toEqual(run);
    return found !== undefined;
  };
}

it("a run is the one asked for where recipe and dataset are, on whatever device and by whatever version", async () => {
  const isDone = await finished({ device: "cuda", codeVersion: "0.0.1" });
  expect(await isDone()).toBe(true);
  expect(await isDone({ recipe: { ...runRecord().recipe, name: "another" } })).toBe(false);
  expect(await isDone({ dataset: { hash: "cd".repeat(32) } })).toBe(false);
});

it("the engine asked for is the run's; tfjs is any of its backends, and a closed form is of no engine", async () => {
  const asked: readonly EngineName[] = ["ort", "tfjs", "tfjs:wasm", "tfjs:node"];
  const takenFor = async (engine: TrainingRun["engine"]) => {
    const isDone = await finished({ engine });
    const taken = await Promise.all(asked.map((name) => isDone({ engine: name })));
    return asked.filter((_, at) => taken[at]);
  };
  expect(await takenFor("ort")).toEqual(["ort"]);
  expect(await takenFor("tfjs:wasm")).toEqual(["tfjs", "tfjs:wasm"]);
  expect(await takenFor("tfjs:node-gpu")).toEqual(["tfjs"]);
  expect(await takenFor("closed-form")).toEqual(asked);
  // None named: ort.
  expect(await (await finished({ engine: "ort" }))()).toBe(true);
  expect(await (await finished({ engine: "tfjs:wasm" }))()).toBe(false);
});

it("there is none where nothing lies there, or something that is no run", async () => {
  const { recipe, dataset } = runRecord();
  expect(await finishedRun({ recipe, dataset, out: join(out, "none") })).toBeUndefined();
  await writeFile(join(out, "run.json"), '{"schemaVersion": 1');
  expect(await finishedRun({ recipe, dataset, out })).toBeUndefined();
});
