import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseGenesTable } from "../data/genes-table.ts";
import { exists } from "../data/node/exists.ts";
import { type LayersModel, readLayersModel, weightOf } from "../export/read/layers-model.ts";
import { valuesOf } from "../export/read/weight-data.ts";
import { resolveModel } from "../registry/resolve.ts";
import { AppError } from "../schemas/errors.ts";
import { type DenseNet, denseNet, type ReadWeight } from "../train/explain/dense-net.ts";
import type { NetGenes } from "../train/explain/tables.ts";

/** A net on disk with the names of its genes. */
export interface FoundNet {
  readonly model: LayersModel;
  readonly read: ReadWeight;
  readonly net: DenseNet;
  readonly genes: NetGenes;
  /** False where the folder has no gene table: genes are called by their place. */
  readonly named: boolean;
  /** Hash of the dataset that it was trained on, where the folder says. */
  readonly trainedOn?: string;
}

/** The folder that holds the net's files, and the one with `model.json`. */
async function foldersOf(model: string, models: string): Promise<{ dir: string; tfjs: string }> {
  if (await exists(join(model, "model.json"))) return { dir: model, tfjs: model };
  if (await exists(join(model, "run.json"))) return { dir: model, tfjs: join(model, "tfjs") };
  const { dir } = await resolveModel(model, { models });
  return { dir, tfjs: join(dir, "tfjs") };
}

const Provenance = z.object({ dataset: z.object({ hash: z.string() }) });

function parsedJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("bad-data", { what: "is not JSON", where, got: (cause as Error).message }, { cause });
  }
}

/** Hash of the dataset that a run or version was trained on; undefined where its record does not say. */
async function trainedOn(dir: string): Promise<string | undefined> {
  for (const name of ["run.json", "manifest.json"]) {
    const text = await readFile(join(dir, name), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const parsed = z
      .union([Provenance, z.object({ training: Provenance })])
      .safeParse(parsedJson(text, join(dir, name)));
    if (parsed.success) return "training" in parsed.data ? parsed.data.training.dataset.hash : parsed.data.dataset.hash;
  }
  return undefined;
}

async function genesOf(dir: string, { inputs, outputs }: DenseNet): Promise<NetGenes | undefined> {
  const path = join(dir, "genes.tsv");
  if (!(await exists(path))) return undefined;
  const records = parseGenesTable(await readFile(path, "utf8"), path);
  const landmarks = records.filter(({ role }) => role === "landmark");
  const targets = records.filter(({ role }) => role === "target");
  if (landmarks.length === inputs && targets.length === outputs) return { landmarks, targets };
  throw new AppError("bad-model", {
    what: "the gene table and the net do not belong together",
    where: path,
    expected: `${inputs} landmarks and ${outputs} targets`,
    got: `${landmarks.length} and ${targets.length}`,
  });
}

/**
 * Finds the net of a run, an export or tfjs folder or a published model, and its gene table.
 * @throws AppError `unknown-model`; `bad-model` for a net that is not chains of Dense layers, or has another gene table.
 */
export async function findNet(name: string, models: string): Promise<FoundNet> {
  const { dir, tfjs } = await foldersOf(name, models);
  const hash = await trainedOn(dir);
  const model = await readLayersModel(tfjs);
  const read: ReadWeight = (request) => valuesOf(weightOf(model, { ...request, layout: "in-out" }));
  const net = denseNet(model, read, model.label);
  const genes = await genesOf(dir, net);
  const places = (side: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `${side} ${index}`, symbol: "" }));
  return {
    model,
    read,
    net,
    genes: genes ?? { landmarks: places("input", net.inputs), targets: places("output", net.outputs) },
    named: genes !== undefined,
    ...(hash !== undefined && { trainedOn: hash }),
  };
}
