import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { type InferOutcome, inferFile } from "../../../infer/node/batch.ts";
import type { InferFileOptions } from "../../../infer/node/job.ts";
import { loadModelFolder } from "../../../infer/node/load-model.ts";
import type { Predictor } from "../../../infer/predictor.ts";
import { AppError } from "../../../schemas/index.ts";
import { makeProfiles, type Profiles } from "./profiles.ts";
import { makeSmallModel, type SmallModel } from "./small-model.ts";

/** Profiles in the fixture's inputs. */
export const samples = 50;

/** The small model, and for each test a folder of its own; blocks of 8 profiles, each synced at once. */
export class BatchFixture {
  #small: SmallModel | undefined;
  #model: Predictor | undefined;
  #folder = "";

  constructor() {
    let models = "";
    beforeAll(async () => {
      models = await mkdtemp(join(tmpdir(), "landfall-batch-model-"));
      this.#small = await makeSmallModel(models);
      this.#model = await loadModelFolder(this.#small.dir, { device: "cpu" });
    });
    afterAll(async () => {
      await this.#model?.[Symbol.asyncDispose]();
      await rm(models, { recursive: true });
    });
    beforeEach(async () => {
      this.#folder = await mkdtemp(join(tmpdir(), "landfall-batch-"));
    });
    afterEach(async () => {
      vi.restoreAllMocks();
      await rm(this.#folder, { recursive: true });
    });
  }

  get small(): SmallModel {
    if (this.#small === undefined) throw new Error("the model is made before the tests");
    return this.#small;
  }

  get model(): Predictor {
    if (this.#model === undefined) throw new Error("the model is made before the tests");
    return this.#model;
  }

  get folder(): string {
    return this.#folder;
  }

  get input(): string {
    return this.path("in.gctx");
  }

  get output(): string {
    return this.path("out.gctx");
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  profiles(): Profiles {
    return makeProfiles({ samples });
  }

  /** Infers `in.gctx` to `out.gctx` unless told otherwise. */
  infer(more: Partial<InferFileOptions> = {}): Promise<InferOutcome> {
    const { model, input, output } = this;
    return inferFile({ model, inputs: [input], output, blockRows: 8, syncMs: 0, ...more });
  }

  /** Infers until so many profiles are done, then stops as after Ctrl-C. */
  stopAfter(done: number, more: Partial<InferFileOptions> = {}): Promise<AppError> {
    const stop = new AbortController();
    const onProgress: InferFileOptions["onProgress"] = (progress) => {
      if (progress.phase === "infer" && progress.done >= done) stop.abort();
    };
    return failure(this.infer({ signal: stop.signal, onProgress, ...more }));
  }

  /** Everything in the folder, hidden files too. */
  async files(): Promise<string[]> {
    return (await readdir(this.#folder)).toSorted();
  }
}

/** The error that a work ends with. */
export async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof AppError) return error;
  throw new Error(`expected an AppError, got ${String(error)}`);
}
