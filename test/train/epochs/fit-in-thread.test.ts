import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { prepareDataset } from "../../../data/node/prepare.ts";
import type { Progress } from "../../../schemas/index.ts";
import { fitInThread } from "../../../train/epochs/fit-in-thread.ts";
import { fitNet } from "../../../train/epochs/fit-net.ts";
import type { NetJob } from "../../../train/net-job.ts";
import { openRowStore } from "../../../train/rows/row-store.ts";
import { topologyOf } from "../../../train/topology.ts";
import { prepareOptions, writeSmallCohort } from "../../data/dataset/small-cohort.ts";
import { tanhNet, weightsByName } from "../ort/nets.ts";
import { hooks, job, outcome } from "./jobs.ts";

let folder: string;
let dataset: string;
let net: Pick<NetJob, "topology" | "initial" | "dataset">;
let trainRows: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-thread-"));
  dataset = join(folder, "dataset");
  const inputs = ["a", "b"].map((cohort) => ({ cohort, path: join(folder, `${cohort}.gctx`) }));
  for (const { cohort, path } of inputs) await writeSmallCohort(path, { samples: 60, genes: 23, prefix: cohort });
  await prepareDataset({ ...prepareOptions("", dataset), inputs });
  await using rows = await openRowStore(dataset);
  trainRows = rows.rowsOf("train").length;
  const model = tanhNet([rows.landmarks, 7, rows.targets], { dropout: 0.2 });
  net = { topology: topologyOf(model), initial: weightsByName(model), dataset };
});
afterAll(() => rm(folder, { recursive: true }));

it("gives the same bits as in this thread, for every validation set, from the dataset's own rows", async () => {
  const seen: Progress[] = [];
  const inThread = await fitInThread(job({}, net), { onProgress: (progress) => seen.push(progress) });
  const here = await fitNet(job({}, net), hooks(undefined, { openRows: openRowStore }));
  expect(outcome(inThread)).toEqual(outcome(here));
  expect(inThread.kept.map(({ name }) => name)).toEqual(["validation", "validation:a", "validation:b"]);
  const perEpoch = 10 * Math.floor(trainRows / 10);
  expect(seen.at(-1)).toMatchObject({ phase: "train", done: 6 * perEpoch, total: 6 * perEpoch, unit: "profiles" });
});

it("stops when the signal is aborted", async () => {
  const controller = new AbortController();
  const running = fitInThread(job({ epochs: 100_000 }, net), {
    onProgress: () => controller.abort(),
    signal: controller.signal,
  });
  await expect(running).rejects.toMatchObject({ tag: "cancelled" });
});

it("brings errors over with their tag and advice", async () => {
  const context = { onProgress: () => undefined };
  await expect(fitInThread(job({ batchSize: 5000 }, net), context)).rejects.toMatchObject({
    tag: "usage",
    fault: { advice: "Lower batchSize" },
  });
  await expect(fitInThread(job({}, { ...net, dataset: join(folder, "none") }), context)).rejects.toMatchObject({
    tag: "no-input",
  });
});
