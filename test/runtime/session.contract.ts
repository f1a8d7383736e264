import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import { probeProvider } from "../../runtime/node/probe.ts";
import type { HostTensor, OpenOptions, SessionHost, TensorMap } from "../../runtime/session.ts";
import { AppError } from "../../schemas/errors.ts";
import { affine, affineFeeds, affineOutside, affineResult, f32, halves, passing, weights } from "./graphs.ts";

/** The error that a promise ends with; fails when it ends well. */
async function failureOf(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error(`expected an AppError, got ${String(error)}`);
}

/** What every session host does, whatever it runs in. */
export function runContract(host: NonNullable<OpenOptions["host"]>): void {
  const open = (bytes = affine(), options: OpenOptions = {}): Promise<SessionHost> =>
    openSession({ bytes }, { device: "cpu", ...options, host });

  describe(`a session (${host})`, () => {
    let session: SessionHost;
    beforeAll(async () => {
      session = await open();
    });
    afterAll(() => session[Symbol.asyncDispose]());

    it("tells its provider, inputs and outputs", () => {
      expect(session.provider).toBe("cpu");
      expect(session.tried).toEqual([{ provider: "cpu", ok: true }]);
      expect(session.inputs).toEqual([
        { name: "x", type: "float32", dims: ["N", 3] },
        { name: "shift", type: "float32", dims: ["N", 2] },
      ]);
      expect(session.outputs.map(({ name }) => name)).toEqual(["y", "negative"]);
    });

    it.each([0, 1, 5])("computes %i rows as plain loops do, from views, leaving the feeds as they were", async (n) => {
      const feeds = affineFeeds(n);
      const { y, negative } = await session.run(feeds);
      expect(y?.dims).toEqual([n, 2]);
      expect(y?.data).toEqual(affineResult(affineFeeds(n)));
      expect(negative?.data).toEqual(affineResult(feeds).map((value) => -value));
      expect(feeds).toEqual(affineFeeds(n));
    });

    it("fills the tensors of `into`, views too, and returns exactly these", async () => {
      const buffer = new Float32Array(10).fill(9);
      const into = { y: f32([3, 2], buffer.subarray(2, 8)) };
      const result = await session.run(affineFeeds(3), { into });
      expect(Object.keys(result)).toEqual(["y"]);
      expect(result["y"]).toBe(into.y);
      expect([...buffer]).toEqual([9, 9, ...affineResult(affineFeeds(3)), 9, 9]);
    });

    it("computes only what `fetch` names, and what `into` names beside it", async () => {
      expect(Object.keys(await session.run(affineFeeds(2), { fetch: ["negative"] }))).toEqual(["negative"]);
      const into = { y: f32([2, 2], new Float32Array(4)) };
      const both = await session.run(affineFeeds(2), { fetch: ["negative"], into });
      expect(Object.keys(both).toSorted()).toEqual(["negative", "y"]);
      expect(both["y"]).toBe(into.y);
    });

    it("gives outputs that later runs leave alone", async () => {
      const { y } = await session.run(affineFeeds(2));
      await session.run({ x: f32([2, 3], new Float32Array(6)), shift: f32([2, 2], [7, 7, 7, 7]) });
      expect(y?.data).toEqual(affineResult(affineFeeds(2)));
    });

    it("answers runs asked for at once in their order", async () => {
      const order: number[] = [];
      const run = async (n: number): Promise<HostTensor | undefined> => {
        const { y } = await session.run(affineFeeds(n));
        order.push(n);
        return y;
      };
      const results = await Promise.all([4, 1, 3].map(run));
      expect(order).toEqual([4, 1, 3]);
      expect(results.map((y) => y?.data)).toEqual([4, 1, 3].map((n) => affineResult(affineFeeds(n))));
    });

    it.each<[string, TensorMap, RegExp]>([
      ["a missing input", { x: f32([1, 3], [1, 2, 3]) }, /expected shift float32\[N, 2\]\): input shift is missing/],
      ["an unknown input", { ...affineFeeds(1), z: f32([], [1]) }, /z is not an input of the graph/],
      [
        "a wrong type",
        { ...affineFeeds(1), x: { type: "float64", dims: [1, 3], data: new Float64Array(3) } },
        /expected x float32\[N, 3\], got x float64\[1, 3\]/,
      ],
      ["a wrong length", { ...affineFeeds(1), x: f32([1, 4], [1, 2, 3, 4]) }, /input x: dimension 1 is 4, not 3/],
      ["a wrong rank", { ...affineFeeds(1), x: f32([3], [1, 2, 3]) }, /input x: it has 1 dimensions, not 2/],
      ["data of another length", { ...affineFeeds(1), x: f32([1, 3], [1, 2]) }, /holds 2 elements, its shape 3/],
      ["lengths of N that disagree", { ...affineFeeds(2), shift: f32([1, 2], [1, 2]) }, /x sets N to 2/],
      ["all of these at once", { x: f32([1, 4], [1, 2, 3, 4]), z: f32([], [1]) }, /input x: .*shift is missing; z is/],
    ])("refuses %s", async (_, feeds, message) => {
      const error = await failureOf(session.run(feeds));
      expect(error.tag).toBe("usage");
      expect(error.message).toMatch(message);
    });

    it("refuses unknown and unfitting outputs", async () => {
      const into = { y: f32([2, 2], new Float32Array(4)) };
      const error = await failureOf(session.run(affineFeeds(3), { into, fetch: ["w"] }));
      expect(error.tag).toBe("usage");
      expect(error.message).toContain("output y: dimension 0 is 2, but x sets N to 3; w is not an output");
    });

    it("goes on after a refused run", async () => {
      await failureOf(session.run({}));
      expect((await session.run(affineFeeds(1)))["y"]?.data).toEqual(affineResult(affineFeeds(1)));
    });
  });

  describe(`opening and closing (${host})`, () => {
    let folder = "";
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "landfall-session-"));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it("carries every element type", async () => {
      await using session = await open(passing());
      const feeds: TensorMap = {
        float32: f32([2], [0.5, Number.NaN]),
        float64: { type: "float64", dims: [2], data: Float64Array.from([0.1, -0]) },
        int32: { type: "int32", dims: [2], data: Int32Array.from([-1, 2 ** 31 - 1]) },
        int64: { type: "int64", dims: [2], data: BigInt64Array.from([-1n, 2n ** 62n]) },
        uint8: { type: "uint8", dims: [2], data: Buffer.from([0, 255]) },
        uint32: { type: "uint32", dims: [2], data: Uint32Array.from([1, 2 ** 32 - 1]) },
        bool: { type: "bool", dims: [2], data: Uint8Array.from([0, 1]) },
      };
      const result = await session.run(feeds);
      for (const [name, tensor] of Object.entries(feeds))
        expect(result[`${name} out`]).toEqual({
          ...tensor,
          data: name === "uint8" ? Uint8Array.from([0, 255]) : tensor.data,
        });
    });

    it.each([false, true])("finds external data beside the file (weights mapped: %s)", async (leaveWeightsMapped) => {
      const path = join(folder, "model.onnx");
      await writeFile(path, affineOutside("weights.bin"));
      await writeFile(join(folder, "weights.bin"), new Uint8Array(weights.buffer));
      await using session = await openSession({ path }, { device: "cpu", host, leaveWeightsMapped });
      expect((await session.run(affineFeeds(4)))["y"]?.data).toEqual(affineResult(affineFeeds(4)));
    });

    it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
      ["an array's", (bytes) => bytes],
      ["a Buffer's", (bytes) => Buffer.from(bytes)],
      ["a view's", (bytes) => new Uint8Array([0, ...bytes, 0]).subarray(1, bytes.length + 1)],
    ])("does not take the model's bytes away: %s", async (_, as) => {
      const bytes = as(affine());
      await using session = await open(bytes);
      expect(session.provider).toBe("cpu");
      expect(Buffer.compare(bytes, affine())).toBe(0);
    });

    it("tells a missing file, a file that is no model, and types it cannot carry", async () => {
      const path = join(folder, "absent.onnx");
      const absent = await failureOf(openSession({ path }, { host }));
      expect([absent.tag, absent.fault.where]).toEqual(["no-input", path]);
      const torn = await failureOf(open(affine().slice(0, 40)));
      expect([torn.tag, torn.cause === undefined]).toEqual(["bad-model", false]);
      const half = await failureOf(open(halves()));
      expect([half.tag, half.fault.examples]).toEqual(["bad-model", ["y is float16"]]);
    });

    it("refuses a number of threads that is none", async () => {
      expect((await failureOf(open(affine(), { threads: 0 }))).tag).toBe("usage");
    });

    it("ends `auto` at a provider that works and reports the others with reasons", async () => {
      await using session = await open(affine(), { device: "auto" });
      expect(session.tried.at(-1)).toEqual({ provider: session.provider, ok: true });
      for (const { reason } of session.tried.filter(({ ok }) => !ok)) expect(reason).toMatch(/\w/);
    });

    for (const device of ["cuda", "webgpu", "coreml", "dml", "wasm"] as const)
      it(`names the reason when ${device} is asked for and absent`, async (ctx) => {
        const trial = await probeProvider(device);
        if (trial.ok) ctx.skip(`${device} works on this machine`);
        const error = await failureOf(open(affine(), { device }));
        expect(error.tag).toBe("unavailable");
        expect(error.fault.got).toBe(trial.reason);
        expect(error.message).toContain("landfall doctor");
      });

    it("closes once, after the runs asked for before, and refuses later ones", async () => {
      const session = await open();
      const before = session.run(affineFeeds(2));
      const closing = [session[Symbol.asyncDispose](), session[Symbol.asyncDispose]()];
      const after = failureOf(session.run(affineFeeds(2)));
      expect((await before)["y"]?.data).toEqual(affineResult(affineFeeds(2)));
      await Promise.all(closing);
      expect((await after).tag).toBe("internal");
    });
  });
}
