import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collectGarbage } from "../../registry/gc.ts";
import { readHistory } from "../../registry/history.ts";
import { listModels } from "../../registry/list.ts";
import { type PublishOptions, publishVersion } from "../../registry/publish.ts";
import { verifyModel } from "../../registry/verify-model.ts";
import { writeSmallVersion } from "./small-version.ts";
import { type TemporaryRepository, temporaryRepository } from "./temporary-repository.ts";

const publisher = fileURLToPath(new URL("killed-publisher.mjs", import.meta.url));

let repository: TemporaryRepository;
let from: string;
beforeEach(async () => {
  repository = await temporaryRepository();
  from = join(repository.folder, "export");
  await writeSmallVersion(from);
});
afterEach(() => repository[Symbol.asyncDispose]());

/** How a publisher ended: what it printed, or the signal that killed it. */
interface End {
  readonly printed: string;
  readonly errors: string;
  readonly code: number | null;
  readonly signal: string | null;
}

/** Publishes in a process of its own, which dies before its nth call of the file system; 0: never. */
function publishIn(
  models: string,
  { dieAt = 0, ...options }: Partial<PublishOptions> & { dieAt?: number } = {},
): Promise<End> {
  const all = { from, models, name: "ridge", who: "jane", ...options };
  const child = spawn(process.execPath, [publisher, JSON.stringify(all), String(dieAt)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [printed, errors] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (printed += data.toString()));
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ printed, errors, code, signal }));
  });
}

/** Up to `count` instants, spread over `[1, calls]`, both ends included. */
const instants = (calls: number, count: number): number[] => [
  ...new Set(Array.from({ length: count }, (_, i) => 1 + Math.round((i * (calls - 1)) / (count - 1)))),
];

describe("a publisher killed with -9", () => {
  it("leaves nothing that can be seen or a whole version, and the same command completes it", {
    timeout: 600_000,
  }, async () => {
    const whole = await publishIn(join(repository.folder, "whole"));
    expect(whole).toMatchObject({ code: 0, errors: "" });
    const calls = Number(whole.printed);
    expect(calls).toBeGreaterThan(30);
    const seen = { nothing: 0, version: 0 };
    const check = async (dieAt: number): Promise<void> => {
      const models = join(repository.folder, `models-${dieAt}`);
      expect((await publishIn(models, { dieAt })).signal).toBe("SIGKILL");
      const visible = await listModels(models);
      const found = visible.length === 0 ? [] : (await verifyModel(models, "ridge")).versions;
      expect(found.flatMap(({ problems }) => problems)).toEqual([]);
      expect(found.length).toBeLessThanOrEqual(1);
      seen[found.length === 0 ? "nothing" : "version"]++;
      const again = await publishVersion({ from, models, name: "ridge", who: "jane" });
      expect(again).toMatchObject({ version: 1, status: found.length === 0 ? "published" : "unchanged" });
      expect(await verifyModel(models, "ridge")).toMatchObject({ problems: [], versions: [{ problems: [] }] });
      expect(await readHistory(again.dir.replace(/\/1$/, ""))).toHaveLength(1);
      await collectGarbage({ models, olderThanSeconds: 0, remove: true });
      expect((await readdir(join(models, "ridge"))).toSorted()).toEqual(["1", "config.pbtxt", "history.jsonl"]);
    };
    // The last third is where the version becomes visible: every other call there, and some before.
    const some = [
      ...instants(calls, 12),
      ...instants(calls, calls).filter((at) => at > (2 * calls) / 3 && at % 2 === 0),
    ];
    const todo = [...new Set(some)];
    // Two processes at a time.
    const worker = async (): Promise<void> => {
      for (let at = todo.pop(); at !== undefined; at = todo.pop()) await check(at);
    };
    await Promise.all([worker(), worker()]);
    expect(seen.nothing).toBeGreaterThan(3);
    expect(seen.version).toBeGreaterThan(3);
  });
});

describe("publishers at the same time", () => {
  it("get distinct numbers for distinct content, in one process", async () => {
    const weights = [1, 2, 3, 4, 5, 6];
    const published = await Promise.all(weights.map((weight) => repository.publish({ weight })));
    expect(new Set(published.map(({ version }) => version))).toEqual(new Set(weights));
    expect(published.every(({ status }) => status === "published")).toBe(true);
    const { problems, versions } = await verifyModel(repository.models, "ridge");
    expect(problems).toEqual([]);
    expect(versions.map((version) => version.problems)).toEqual([[], [], [], [], [], []]);
    expect(await readHistory(join(repository.models, "ridge"))).toHaveLength(6);
  });
  it("of the same content make one version", async () => {
    const published = await Promise.all([1, 2, 3, 4].map(() => repository.publish()));
    expect(published.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
    expect(published.filter(({ status }) => status === "published")).toHaveLength(1);
    expect(await readdir(join(repository.models, "ridge"))).not.toContain("2");
  });
  it("of different signatures: one has the name, the other is told so", async () => {
    const work = await Promise.allSettled([repository.publish(), repository.publish({ landmarks: 5 })]);
    expect(work.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const lost = work.find((each) => each.status === "rejected");
    expect(lost?.reason).toMatchObject({
      tag: "bad-model",
      fault: { what: expect.stringMatching(/another signature/) },
    });
    expect((await verifyModel(repository.models, "ridge")).problems).toEqual([]);
  });
  it("in two processes get two versions", async () => {
    const other = join(repository.folder, "other");
    await writeSmallVersion(other, { weight: 2 });
    const ends = await Promise.all([publishIn(repository.models), publishIn(repository.models, { from: other })]);
    expect(ends).toMatchObject([{ code: 0 }, { code: 0 }]);
    const { versions } = await verifyModel(repository.models, "ridge");
    expect(versions).toMatchObject([
      { version: 1, problems: [] },
      { version: 2, problems: [] },
    ]);
  });
});
