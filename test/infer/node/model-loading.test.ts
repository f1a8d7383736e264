import { appendFile, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { beginLoading } from "../../../infer/node/load-model.ts";
import { openSession } from "../../../runtime/node/open.ts";
import type { Device, ModelSource, SessionHost } from "../../../runtime/session.ts";
import { AppError } from "../../../schemas/index.ts";
import { TestThreads } from "../../runtime/threads.ts";
import { BatchFixture, failure } from "../support/batch-fixture.ts";
import { writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();

const threads = new TestThreads();

const options = { device: "cpu", host: "worker" } as const;

/** A copy of the model whose graph has the right size and other bytes: it still opens. */
async function changedModel(): Promise<string> {
  const dir = f.path("changed");
  await cp(f.small.dir, dir, { recursive: true });
  const path = join(dir, "model.onnx");
  const bytes = await readFile(path);
  const at = bytes.indexOf("landfall");
  bytes.write("Landfall", at);
  await writeFile(path, bytes);
  return dir;
}

describe("an inference with a model that is still being loaded", () => {
  it("gives the bytes that it gives with a loaded one, in this thread, in one of its own or in two", async () => {
    await writeProfiles(f.input, f.profiles());
    const { run } = await f.infer();
    const expected = await readFile(f.output);
    for (const where of [{ host: "same-thread" }, { host: "worker" }, { sessions: 2, threads: 2 }] as const) {
      await using model = beginLoading(f.small.dir, { device: "cpu", ...where });
      const again = await f.infer({ model, force: true });
      expect([again.status, again.run.plan]).toEqual(["already done", run.plan]);
      const output = f.path("other.gctx");
      await f.infer({ model, output, force: true });
      expect(await readFile(output)).toEqual(expected);
    }
    expect(threads.alive).toEqual([]);
  });
  it("tells the model's fault before the input's", async () => {
    const dir = await changedModel();
    await using model = beginLoading(dir, options);
    const error = await failure(f.infer({ model, inputs: [f.path("absent.gctx")] }));
    expect([error.tag, error.fault.examples]).toEqual(["bad-model", ["model.onnx has another sha256"]]);
    expect(await f.files()).toEqual(["changed"]);
  });
  it("tells the input's fault where the model has none", async () => {
    await using model = beginLoading(f.small.dir, options);
    const error = await failure(f.infer({ model, inputs: [f.path("absent.gctx")] }));
    expect(error.tag).toBe("no-input");
  });
  it("refuses another scale before anything is created", async () => {
    const { values, ...axes } = f.profiles();
    await writeProfiles(f.input, { ...axes, values: values.map((x) => 2 ** x) });
    await using model = beginLoading(f.small.dir, options);
    const error = await failure(f.infer({ model }));
    expect(error.tag).toBe("scale-mismatch");
    expect(await f.files()).toEqual(["in.gctx"]);
  });
  it("with cohort moments reads the whole input once", async () => {
    await writeProfiles(f.input, f.profiles());
    await using model = beginLoading(f.small.dir, options);
    const surveyed: number[] = [];
    await f.infer({
      model,
      options: { harmonise: "cohort" },
      onProgress: ({ phase, done }) => phase === "survey" && surveyed.push(done),
    });
    expect(surveyed.filter((done) => done === 50)).toEqual([50]);
  });
});

describe("a model in two sessions", () => {
  it("has the golden results checked in both", async () => {
    const runs: number[] = [];
    const open = async (source: ModelSource, { device }: { readonly device?: Device }) => {
      const sessions = await Promise.all([0, 1].map(() => openSession(source, { ...(device && { device }) })));
      let next = 0;
      const run: SessionHost["run"] = (feeds, more) => {
        const at = next++ % 2;
        runs.push(at);
        return (sessions[at] as SessionHost).run(feeds, more);
      };
      const dispose = async () => void (await Promise.all(sessions.map((one) => one[Symbol.asyncDispose]())));
      return { ...(sessions[0] as SessionHost), parallelRuns: 2, run, [Symbol.asyncDispose]: dispose };
    };
    await using loading = beginLoading(f.small.dir, { device: "cpu", open });
    await loading.model;
    expect(runs).toEqual([0, 1]);
  });
});

describe("a model whose loading fails", () => {
  it("has closed its session and ended its thread when that is told", async () => {
    const failed = beginLoading(await changedModel(), options);
    await expect(failed.model).rejects.toMatchObject({ tag: "bad-model" });
    expect([threads.started.length, threads.alive]).toEqual([1, []]);
    await failed[Symbol.asyncDispose]();
  });
  it("is told of what explains the most: bytes that changed, not the session that did not open", async () => {
    const open = () => Promise.reject(new AppError("unavailable", { what: "no device" }));
    await using changed = beginLoading(await changedModel(), { ...options, open });
    await expect(changed.model).rejects.toMatchObject({ tag: "bad-model" });
    await using sound = beginLoading(f.small.dir, { ...options, open });
    await expect(sound.model).rejects.toMatchObject({ tag: "unavailable" });
  });
  it("opens no session for a file of another size", async () => {
    const dir = await changedModel();
    await appendFile(join(dir, "model.onnx"), "x");
    await using model = beginLoading(dir, options);
    const { fault } = await failure(model.model);
    expect([fault.examples?.length, threads.started]).toEqual([1, []]);
  });
  it("is closed when it is given up before it is there", async () => {
    {
      await using _model = beginLoading(f.small.dir, options);
    }
    expect([threads.started.length, threads.alive]).toEqual([1, []]);
  });
});
