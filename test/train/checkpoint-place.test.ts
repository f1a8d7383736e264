import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkpointPlan } from "../../train/checkpoint-place.ts";
import { dgexRecipe } from "./family-input.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-place-"));
});
afterEach(() => rm(folder, { recursive: true }));

const owner = () => ({ recipe: dgexRecipe(), dataset: { hash: "d" }, out: join(folder, "run") });
const put = (...parts: string[]) => writeFile(join(folder, ...parts), "half");

it("is cleared of what killed saves have left when a training begins, and of nothing else", async () => {
  const others = [".run.checkpoint.tmp", ".run.checkpoint.part.0123456789ab.tmp", ".run2.checkpoint.0123456789ab.tmp"];
  for (const name of [".run.checkpoint.0123456789ab.tmp", ".run.checkpoint.ba9876543210.tmp", ...others])
    await put(name);
  await checkpointPlan(owner(), {});
  expect((await readdir(folder)).toSorted()).toEqual(others.toSorted());
});

it("is cleared of those of its parts when a training goes on, its checkpoints left as they are", async () => {
  await mkdir(join(folder, "run.checkpoint"));
  for (const name of ["member-1", "member-2", ".member-2.0123456789ab.tmp"]) await put("run.checkpoint", name);
  expect(await checkpointPlan(owner(), { resume: true })).toMatchObject({ resume: true });
  expect((await readdir(join(folder, "run.checkpoint"))).toSorted()).toEqual(["member-1", "member-2"]);
});

it("holds a checkpoint that is not lost unasked: it is gone on from with resume, and begun over with force", async () => {
  const names = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name === "run.checkpoint");
  await expect(checkpointPlan(owner(), { resume: true })).rejects.toMatchObject({ tag: "no-input" });
  const makeFile = () => put("run.checkpoint");
  const makeFolder = async () => {
    await mkdir(join(folder, "run.checkpoint"));
    await put("run.checkpoint", "part-1");
  };
  for (const make of [makeFile, makeFolder]) {
    await make();
    await expect(checkpointPlan(owner(), {})).rejects.toMatchObject({
      tag: "other-plan",
      fault: { where: join(folder, "run.checkpoint") },
    });
    await checkpointPlan(owner(), { resume: true });
    expect(await names()).toHaveLength(1);
    expect(await checkpointPlan(owner(), { force: true })).toMatchObject({ resume: false });
    expect(await names()).toEqual([]);
  }
});

it("may be in a folder that is not there yet", async () => {
  const out = join(folder, "deep", "er", "run");
  expect(await checkpointPlan({ ...owner(), out }, {})).toMatchObject({ path: `${out}.checkpoint`, resume: false });
});

it("is for the recipe and the dataset that it was begun with: of either another one there is no going on", async () => {
  const identityOf = async (changes: object) => (await checkpointPlan({ ...owner(), ...changes }, {})).identity;
  const own = await identityOf({});
  expect(await identityOf({ out: join(folder, "elsewhere") })).toBe(own);
  const others = [{ recipe: dgexRecipe({ optimisation: { seed: 9 } }) }, { dataset: { hash: "e" } }];
  for (const other of others) expect(await identityOf(other)).not.toBe(own);
});
