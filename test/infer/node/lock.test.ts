import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../../../infer/node/lock.ts";
import { isAppError } from "../../../schemas/index.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-lock-"));
  path = join(folder, "out.gctx.lock");
});
afterEach(() => rm(folder, { recursive: true }));

const refused = (taking: Promise<unknown>): Promise<unknown> => taking.catch((error: unknown) => error);

/** The id of a process that is no more. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? Number.NaN;
}

describe("a lock", () => {
  it("is held by one at a time, and free again afterwards", async () => {
    const held = await takeLock(path);
    const error = await refused(takeLock(path));
    expect(isAppError(error, "try-again")).toBe(true);
    expect(String(error)).toContain(`process ${process.pid}`);
    await held[Symbol.asyncDispose]();
    await using _again = await takeLock(path);
    expect(await readdir(folder)).toEqual(["out.gctx.lock"]);
  });
  it("of a dead process is taken over", async () => {
    const stale = { pid: await deadPid(), host: hostname(), started: "", token: "x" };
    await writeFile(path, JSON.stringify(stale));
    await using _lock = await takeLock(path);
    expect(await readdir(folder)).toEqual(["out.gctx.lock"]);
  });
  it.runIf(process.platform === "linux")("of a dead process whose id another one has now is taken over", async () => {
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), started: "1", token: "x" }));
    await using _lock = await takeLock(path);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: process.pid });
  });
  it("of another machine's process is never taken over", async () => {
    await writeFile(path, JSON.stringify({ pid: await deadPid(), host: "elsewhere", started: "", token: "x" }));
    expect(isAppError(await refused(takeLock(path)), "try-again")).toBe(true);
  });
  it("whose maker died before writing into it is taken over after a moment", async () => {
    await writeFile(path, "");
    await using _lock = await takeLock(path);
    expect(await readdir(folder)).toEqual(["out.gctx.lock"]);
  });
  it("goes to exactly one of many that find it stale", async () => {
    await writeFile(path, JSON.stringify({ pid: await deadPid(), host: hostname(), started: "", token: "x" }));
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path)));
    expect(taken.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
  it("in a folder that does not exist is refused as an output there is", async () => {
    const error = await refused(takeLock(join(folder, "none", "out.lock")));
    expect(isAppError(error, "cannot-create")).toBe(true);
  });
});
