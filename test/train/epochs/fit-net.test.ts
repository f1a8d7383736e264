import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readCheckpoint } from "../../../train/checkpoint.ts";
import { fitNet } from "../../../train/epochs/fit-net.ts";
import { rateAt } from "../../../train/schedules/rate.ts";
import { distance } from "../ort/nets.ts";
import { referenceNet, referenceStep } from "../ort/reference-step.ts";
import { everything, hooks, job, net, oneCohort, outcome } from "./jobs.ts";
import { landmarks, MemoryRows, targets } from "./memory-rows.ts";

async function checkpointPath(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "landfall-fit-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return join(dir, "net.checkpoint");
}

const twoCohorts = { train: { geo: 105 }, validation: { geo: 20, gtex: 12 }, test: { geo: 7, gtex: 9 } };

it("learns: the validation MAE falls and the best epoch's weights are kept", async () => {
  const { history, kept, selectedOn } = await fitNet(job({ epochs: 30 }), hooks());
  const maes = history.map((row) => row.validationMae ?? Number.NaN);
  expect(selectedOn).toBe("validation");
  expect(kept).toHaveLength(1);
  expect(kept[0].validationMae).toBe(Math.min(...maes));
  expect(maes[kept[0].epoch - 1]).toBe(Math.min(...maes));
  expect(Math.min(...maes)).toBeLessThan(0.75 * (maes[0] ?? 0));
});

it("draws new masks in every epoch, as the float64 reference does", async () => {
  // One row: its order in an epoch is known.
  const rows = new MemoryRows({ train: { geo: 1 } });
  const epochs = 5;
  const one = job({ batchSize: 1, epochs, schedule: { kind: "constant" } });
  const { kept } = await fitNet(one, hooks(rows));
  const reference = referenceNet(net);
  const options = { rows: 1, rate: 0.01, momentum: 0.5, laterKernelRate: 3, seed: 4 };
  for (let step = 0; step < epochs; step++) referenceStep(reference, rows, { ...options, step });
  expect(distance(kept[0].weights.get("dense_1/kernel") ?? [], reference[1]?.kernel ?? [])).toBeLessThan(2e-6);
});

it("keeps the last epoch where there are no validation rows", async () => {
  const { kept, history, selectedOn } = await fitNet(job(), hooks(new MemoryRows({ train: { geo: 105 } })));
  expect(kept).toMatchObject([{ name: "last", epoch: 6 }]);
  expect(selectedOn).toBeUndefined();
  expect(history.every((row) => row.validationMae === undefined && Object.keys(row.mae).length === 0)).toBe(true);
});

it("depends on the seed", async () => {
  const [one, other] = [await fitNet(job(), hooks()), await fitNet(job({ seed: 5 }), hooks())];
  expect(outcome(other).kept).not.toEqual(outcome(one).kept);
});

it.each([1, 7, 100])("gives the same bits with %d steps a call", async (stepsPerCall) => {
  for (const optimisation of [{}, everything]) {
    const one = await fitNet(job(optimisation), hooks());
    const other = await fitNet(job({ ...optimisation, stepsPerCall }), hooks());
    expect(outcome(other)).toEqual(outcome(one));
  }
});

it("leaves out a last smaller batch, reads each other row of an epoch once, and closes the rows", async () => {
  const rows = new MemoryRows(oneCohort);
  await fitNet(job({ epochs: 2 }), hooks(rows));
  // 3 calls of 3 steps and one of 1, the validation rows, the monitored ones.
  expect(rows.reads).toEqual([30, 30, 30, 10, 30, 40, 30, 30, 30, 10, 30, 40]);
  expect(rows.isClosed).toBe(true);
});

it("evaluates each cohort where there are several, test rows only when asked, and all of them as one too", async () => {
  const { history } = await fitNet(job({ epochs: 2 }), hooks(new MemoryRows(twoCohorts)));
  expect(Object.keys(history[0]?.mae ?? {})).toEqual(["validation", "validation:geo", "validation:gtex"]);
  const logged = await fitNet(job({ epochs: 2, logTest: true }), hooks(new MemoryRows(twoCohorts)));
  const mae = logged.history[0]?.mae ?? {};
  expect(Object.keys(mae)).toEqual([
    "validation",
    "validation:geo",
    "validation:gtex",
    "test",
    "test:geo",
    "test:gtex",
  ]);
  const mean = (20 * (mae["validation:geo"] ?? 0) + 12 * (mae["validation:gtex"] ?? 0)) / 32;
  expect(mae["validation"]).toBeCloseTo(mean, 12);
  expect(logged.history[0]?.validationMae).toBe(mae["validation"]);
  // Test rows choose nothing.
  expect(logged.kept.map(({ name }) => name)).toEqual(["validation", "validation:geo", "validation:gtex"]);
  expect(outcome(logged).kept).toEqual(
    outcome(await fitNet(job({ epochs: 2 }), hooks(new MemoryRows(twoCohorts)))).kept,
  );
});

it("keeps the best epoch of every validation set, the one selected on first", async () => {
  // Another population: what helps the one hurts the other, so that their best epochs differ.
  const rows = () => new MemoryRows(twoCohorts, { factor: -1 });
  const trained = await fitNet(job({ epochs: 25, selectOn: "gtex" }), hooks(rows()));
  expect(trained.selectedOn).toBe("validation:gtex");
  expect(trained.kept.map(({ name }) => name)).toEqual(["validation:gtex", "validation", "validation:geo"]);
  for (const { name, epoch, validationMae } of trained.kept) {
    const maes = trained.history.map(({ mae }) => mae[name] ?? Number.NaN);
    expect(validationMae).toBe(Math.min(...maes));
    expect(maes.indexOf(Math.min(...maes))).toBe(epoch - 1);
  }
  const [gtex, , geo] = trained.kept;
  expect(gtex.epoch).not.toBe(geo?.epoch);
  // A training that ends at the epoch kept has these weights as its last.
  const short = await fitNet(job({ epochs: gtex.epoch, selectOn: "gtex" }), hooks(rows()));
  expect([...short.kept[0].weights]).toEqual([...gtex.weights]);
});

it("shares the arrays of sets that choose the same epoch", async () => {
  const { kept } = await fitNet(job({ epochs: 1 }), hooks(new MemoryRows(twoCohorts)));
  expect(new Set(kept.map(({ weights }) => weights)).size).toBe(1);
});

it("evaluates and keeps the averages of the weights where they are asked for", async () => {
  const averageDecay = 0.95;
  const plain = await fitNet(job(), hooks());
  const averaged = await fitNet(job({ averageDecay, schedule: { kind: "constant" } }), hooks());
  const constant = await fitNet(job({ schedule: { kind: "constant" } }), hooks());
  expect(averaged.history[0]?.validationMae).not.toBe(plain.history[0]?.validationMae);
  expect(averaged.kept[0].weights.size).toBe(4);
  // The steps are the same: only what is looked at differs.
  expect(averaged.history.map(({ loss }) => loss)).toEqual(constant.history.map(({ loss }) => loss));
});

it("stops when the MAE selected on has not fallen for `patience` epochs, and says so", async () => {
  const optimisation = { epochs: 200, patience: 3, learningRate: 0.05, schedule: { kind: "constant" } };
  const { history, kept, notes } = await fitNet(job(optimisation), hooks());
  expect(history.length).toBeLessThan(200);
  expect(history).toHaveLength(kept[0].epoch + 3);
  expect(notes.join()).toMatch(/stopped after epoch \d+: no better for 3 epochs/);
});

it("waits for the set that chooses, not for all validation rows: to stop, and to lower the rate on a plateau", async () => {
  const rows = () => new MemoryRows(twoCohorts, { factor: -1 });
  const waiting = { epochs: 60, selectOn: "gtex" };
  const stopped = await fitNet(job({ ...waiting, patience: 3 }), hooks(rows()));
  expect(stopped.history).toHaveLength(stopped.kept[0].epoch + 3);
  expect(stopped.kept.find(({ name }) => name === "validation")?.epoch).not.toBe(stopped.kept[0].epoch);
  const plan = job({ ...waiting, epochs: 20, schedule: { kind: "plateau", patience: 2 } });
  const { history } = await fitNet(plan, hooks(rows()));
  const rates = (set: string) =>
    history.map((_, epoch) => {
      const before = history.slice(0, epoch);
      const errors = before.map(({ monitorMae, mae }) => ({ monitorMae, selectedMae: mae[set] ?? Number.NaN }));
      return rateAt(plan.optimisation, { history: errors, step: 9, stepsPerEpoch: 10 });
    });
  expect(history.map(({ learningRate }) => learningRate)).toEqual(rates("validation:gtex"));
  expect(rates("validation")).not.toEqual(rates("validation:gtex"));
});

// A call is 3 steps, an epoch 10: stops after calls 1, 5, … lie inside epochs and at their ends.
it.each([1, 4, 5, 8, 13])("goes on after a stop at call %d to the weights of a training without a stop", async (at) => {
  const path = await checkpointPath();
  const checkpoint = { path, identity: "a", everySeconds: 1e9, resume: false };
  for (const optimisation of [{}, everything]) {
    let calls = 0;
    const rows = () => new MemoryRows(twoCohorts, { factor: -1 });
    const stopped = fitNet(job(optimisation, { checkpoint }), hooks(rows(), { isStopped: () => ++calls === at }));
    await expect(stopped).rejects.toMatchObject({ tag: "cancelled", message: expect.stringMatching(/--resume/) });
    const resumed = await fitNet(job(optimisation, { checkpoint: { ...checkpoint, resume: true } }), hooks(rows()));
    expect(outcome(resumed)).toEqual(outcome(await fitNet(job(optimisation), hooks(rows()))));
  }
});

it("goes on with a plateau, patience and fixed weights as if there had been no stop", async () => {
  const path = await checkpointPath();
  const checkpoint = { path, identity: "a", everySeconds: 1e9, resume: false };
  const optimisation = { epochs: 40, learningRate: 0.05, schedule: { kind: "plateau", patience: 2 }, patience: 6 };
  const rateFactors = new Map([["dense_0/kernel", 0]]);
  let calls = 0;
  const stopped = fitNet(
    job(optimisation, { checkpoint, rateFactors }),
    hooks(undefined, { isStopped: () => ++calls === 42 }),
  );
  await expect(stopped).rejects.toMatchObject({ tag: "cancelled" });
  expect((await readCheckpoint(checkpoint)).state.has("dense_0/kernel")).toBe(false);
  const resume = job(optimisation, { rateFactors, checkpoint: { ...checkpoint, resume: true } });
  const whole = await fitNet(job(optimisation, { rateFactors }), hooks());
  expect(outcome(await fitNet(resume, hooks()))).toEqual(outcome(whole));
  expect(whole.history.at(-1)?.learningRate).toBeLessThan(0.05);
});

it("refuses a checkpoint of another state", async () => {
  const path = await checkpointPath();
  const checkpoint = { path, identity: "a", everySeconds: 0, resume: false };
  await fitNet(job({ epochs: 1 }, { checkpoint }), hooks());
  const other = job({ epochs: 1, optimiser: { kind: "adam" } }, { checkpoint: { ...checkpoint, resume: true } });
  await expect(fitNet(other, hooks())).rejects.toMatchObject({
    tag: "other-plan",
    message: expect.stringMatching(/another state.*first/),
  });
});

it("stops at a loss that is no number, and says where and what to do", async () => {
  await expect(fitNet(job({ learningRate: 1e30 }), hooks())).rejects.toMatchObject({
    tag: "bad-data",
    message: expect.stringMatching(
      /epoch 1, step \d+ of 10.*rows of the batch: \d+.*Lower the learning rate.*clipNorm/,
    ),
  });
});

it("stops at an error that is no number where the last step of an epoch broke the weights, and names that step", async () => {
  // One step an epoch: its loss is of the weights before it.
  const broken = fitNet(job({ learningRate: 1e38, batchSize: 105 }), hooks());
  await expect(broken).rejects.toThrow(/^end of epoch 1, after step 1 of 1: .* the MAE of validation is not a finite/);
  await expect(broken).rejects.toThrow(/rows of the batch: \d+, .*Lower the learning rate \(it was 1\.00e\+38\)/);
});

it("says which of several nets has diverged", async () => {
  const part = { part: "part-2" };
  const during = fitNet(job({ learningRate: 1e30 }, part), hooks());
  await expect(during).rejects.toMatchObject({ fault: { where: expect.stringMatching(/^part-2, epoch 1, step \d/) } });
  const atEnd = fitNet(job({ learningRate: 1e38, batchSize: 105 }, part), hooks());
  await expect(atEnd).rejects.toMatchObject({ fault: { where: "part-2, end of epoch 1, after step 1 of 1" } });
});

it("names the rows of the batch that broke by their numbers in the dataset", async () => {
  const rows = new MemoryRows(oneCohort);
  const broken = rows.rowsOf("train")[17] ?? 0;
  rows.x[broken * landmarks] = Number.NaN;
  const failed = await fitNet(job({ batchSize: 8 }), hooks(rows)).catch((error: unknown) => error);
  expect(failed).toMatchObject({ tag: "bad-data" });
  const listed = String(failed).match(/rows of the batch: ([\d, ]+)/)?.[1] ?? "";
  expect(listed.split(", ").map(Number)).toContain(broken);
});

it("lowers the rate by the decay whenever the monitored MAE rose, never below the floor", async () => {
  const schedule = { kind: "decay-on-rise", factor: 0.9, floor: 0.04 };
  const { history } = await fitNet(job({ epochs: 60, learningRate: 0.05, schedule }), hooks());
  for (const [at, row] of history.entries()) {
    const [before, earlier] = [history[at - 1], history[at - 2]];
    if (before === undefined) continue;
    const rose = earlier !== undefined && before.monitorMae > earlier.monitorMae;
    expect(row.learningRate).toBe(rose ? Math.max(0.04, before.learningRate * 0.9) : before.learningRate);
  }
  expect(history.at(-1)?.learningRate).toBe(0.04);
});

it("refuses what the dataset does not allow, before it trains", async () => {
  const bare = () => new MemoryRows({ train: { geo: 9 } });
  await expect(fitNet(job(), hooks(bare()))).rejects.toMatchObject({
    tag: "usage",
    message: expect.stringMatching(/larger than the training split.*at most 9 rows/),
  });
  const waiting = { batchSize: 3, patience: 2, schedule: { kind: "plateau" } };
  await expect(fitNet(job(waiting), hooks(bare()))).rejects.toMatchObject({
    tag: "usage",
    message: expect.stringMatching(/patience, optimisation.schedule plateau.*no validation rows/),
  });
  await expect(fitNet(job({ selectOn: "1000g" }), hooks(new MemoryRows(twoCohorts)))).rejects.toMatchObject({
    tag: "usage",
    message: expect.stringMatching(/geo \| gtex.*1000g/),
  });
});

it("warns before it starts when memory may not suffice, and trains", async () => {
  const told: string[] = [];
  const { notes: kept } = await fitNet(
    job({ epochs: 1 }),
    hooks(undefined, {
      availableBytes: () => 1000,
      onWarning: (warning) => void told.push(warning),
      onProgress: ({ note = "" }) => void told.push(note),
    }),
  );
  expect(kept).toHaveLength(1);
  expect(kept[0]).toMatch(/memory may not suffice.*0.00000100 GB are available.*momentum instead of adamw/);
  expect(told[0]).toBe(kept[0]);
  expect(told.filter((one) => one === kept[0])).toHaveLength(1);
  expect(await fitNet(job({ epochs: 1 }), hooks())).toMatchObject({ notes: [], engine: "ort", device: "cpu" });
});

it("reads targets that are asked for", async () => {
  const asked: unknown[] = [];
  const rows = new MemoryRows(oneCohort);
  const some = Int32Array.from({ length: targets }, (_, at) => 2 * at);
  const openRows = (directory: string, options: object) => {
    asked.push([directory, options]);
    return Promise.resolve(rows);
  };
  await fitNet(job({ epochs: 1 }, { targets: some }), hooks(rows, { openRows }));
  expect(asked).toEqual([["in memory", { targets: some }]]);
});
