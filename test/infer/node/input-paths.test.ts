import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aboutProfiles } from "../../../infer/node/input-paths.ts";

describe("about how many profiles inputs hold", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "landfall-inputs-"));
    for (const name of ["a.gctx", "b.gctx"]) await writeFile(join(folder, name), new Uint8Array(4 * 978 * 10));
    await mkdir(join(folder, "plate.zarr"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it.each([
    ["a file's size over that of a profile", ["a.gctx"], 10],
    ["the sum over files of a pattern", ["*.gctx"], 20],
    ["without end for a folder", ["a.gctx", "plate.zarr"], Number.POSITIVE_INFINITY],
    ["none for what is not there", ["c.gctx", "*.tsv"], 0],
  ])("is %s", async (_, names, expected) => {
    expect(await aboutProfiles(names.map((name) => join(folder, name)))).toBe(expected);
  });
});
