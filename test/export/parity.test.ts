/** What verification accepts and what it does not, on a fake session. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ParityRequest, verifyParity } from "../../export/verify/parity.ts";
import { goldenRows, parityRows } from "../../export/verify/rows.ts";
import { withTfjsModel } from "../../export/verify/tfjs-model.ts";
import type { SessionHost, TensorMap } from "../../runtime/session.ts";
import { runComponents, runRecord } from "./support/run.ts";
import { core, fillWeights, loadModel, predict, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

/** y = 2x + 1 a row of two; `change` may spoil cell `i` of a batch. */
function session(
  change: (value: number, cell: number, batch: number) => number = (v) => v,
  type = "float32",
): SessionHost {
  return {
    provider: "cpu",
    tried: [],
    inputs: [],
    outputs: [],
    run: async ({ x }: TensorMap) => {
      const data = Float32Array.from(Array.from(x?.data ?? [], Number), (v, i) =>
        change(2 * v + 1, i, x?.dims[0] ?? 0),
      );
      return { y: { type, dims: x?.dims ?? [], data } } as unknown as TensorMap;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const x = Float32Array.from({ length: 20 }, (_, i) => i - 7.5);

function request(host: SessionHost): ParityRequest {
  return {
    variant: "fp32",
    session: host,
    feeds: { x: { type: "float32", dims: [10, 2], data: x } },
    expected: [{ output: "y", dims: [10, 2], values: x, inverse: { scale: [2, 2], offset: [1, 1] } }],
    tolerance: 1e-3,
    batchSizes: [1, 7],
  };
}

describe("verification", () => {
  test("accepts equal outputs and states what it compared", async () => {
    expect(await verifyParity(request(session()))).toEqual({
      variant: "fp32",
      rows: 10,
      maxAbs: 0,
      maxRelative: 0,
      tolerance: 1e-3,
      batchSizes: [1, 7],
      batchDependence: 0,
    });
  });

  test("measures differences in z units, a value's own rounding deducted", async () => {
    const { maxAbs, maxRelative } = await verifyParity(request(session((v, i) => (i === 3 ? v + 0.006 : v))));
    expect(maxAbs).toBeCloseTo(0.003, 4);
    expect(maxRelative).toBeCloseTo(0.003 / (1 + 4.5), 4);
  });

  test.each([
    [
      "a wrong cell",
      session((v, i) => (i === 3 ? v + 0.02 : v)),
      /y, row 1, column 1: .*disagrees.*expected -8, got -7\.98/,
    ],
    ["a NaN", session((v, i) => (i === 3 ? Number.NaN : v)), /got NaN/],
    ["another type", session((v) => v, "float64"), /expected float32\[10, 2\], got float64\[10, 2\]/],
    ["a result that depends on the batch", session((v, _i, batch) => (batch === 7 ? v + 1 : v)), /batches of 7/],
  ])("refuses %s", async (_name, host, message) => {
    await expect(verifyParity(request(host))).rejects.toThrow(message);
    await expect(verifyParity(request(host))).rejects.toMatchObject({ tag: "bad-model" });
  });

  test("reports a dependence on the batch that is within the tolerance", async () => {
    const { batchDependence } = await verifyParity(
      request(session((v, i, batch) => (batch === 1 && i === 0 ? v + 1e-4 : v))),
    );
    expect(batchDependence).toBeCloseTo(5e-5, 6);
  });

  test("stops when it is cancelled", async () => {
    await expect(verifyParity({ ...request(session()), signal: AbortSignal.abort() })).rejects.toMatchObject({
      tag: "cancelled",
    });
  });
});

describe("rows to verify on", () => {
  const { transform, ood } = runRecord();
  const source = { transform, ood, components: runComponents() };

  test("are the same every time, finite, and reach beyond the clip on both sides", () => {
    const rows = parityRows(source);
    expect(rows).toEqual(parityRows(source));
    expect(rows).not.toEqual(parityRows(source, 5));
    const z = rows.map(
      (v, i) => (v - (transform.landmarks.mean[i % 12] ?? 0)) / ((transform.landmarks.sd[i % 12] ?? 0) + 1e-3),
    );
    expect(Math.min(...z)).toBeLessThan(-70);
    expect(Math.max(...z)).toBeGreaterThan(70);
  });

  test("golden ones begin with the means", () => {
    expect(goldenRows(source)[0]).toEqual(Float32Array.from(transform.landmarks.mean));
  });
});

describe("the oracle", () => {
  test("is tfjs, which leaves no tensors and its backend as it was", async () => {
    const model = tfl.sequential({
      name: "net",
      layers: [tfl.layers.dense({ units: 2, inputShape: [3], activation: "tanh" })],
    });
    fillWeights(model);
    const dir = await saveModel(model, join(await temporaryFolder(), "tfjs"));
    const input = { type: "float32", dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
    const before = core.memory().numTensors;
    const answers = await withTfjsModel(dir, async (tfjs) => tfjs.predict([input]));
    expect(core.memory().numTensors).toBe(before);
    expect(core.getBackend()).toBe("cpu");
    const [wanted] = predict(await loadModel(dir), [input]);
    expect(answers[0]?.dims).toEqual([2, 2]);
    for (const [i, value] of (wanted?.data ?? []).entries()) expect(answers[0]?.data[i]).toBeCloseTo(value, 6);
  });

  test("frees the model when its use fails", async () => {
    const model = tfl.sequential({ name: "net", layers: [tfl.layers.dense({ units: 2, inputShape: [3] })] });
    const dir = await saveModel(model, join(await temporaryFolder(), "tfjs"));
    const before = core.memory().numTensors;
    await expect(withTfjsModel(dir, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(core.memory().numTensors).toBe(before);
  });
});
