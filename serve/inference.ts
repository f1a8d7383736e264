/**
 * From a request's job to its answer: the model is loaded where needed, the job waits in the model's queue and runs in a
 * batch.
 * @module
 */
import { AppError } from "../schemas/index.ts";
import { type BatchFacts, BatchQueue } from "./batch-queue.ts";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import { type ModelPlace, ModelPool } from "./model-pool.ts";
import type { Answer, Job, ModelFacts, ServedModel } from "./served-model.ts";

/** A loaded model behind its queue. */
interface QueuedModel extends AsyncDisposable {
  readonly facts: ModelFacts;
  readonly queue: BatchQueue<Job, Answer>;
}

/** A job, and how many profiles it is. */
export interface SizedJob {
  readonly job: Job;
  readonly rows: number;
}

/** One request to a model. */
export interface InferenceRequest {
  readonly place: ModelPlace;
  /** Makes the job once the model's border is known. */
  readonly plan: (facts: ModelFacts) => SizedJob;
  readonly signal: AbortSignal;
}

/** What an inference is made of. */
export interface InferenceOptions {
  readonly open: (dir: string) => Promise<ServedModel>;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly onLoaded?: (place: ModelPlace, facts: ModelFacts, seconds: number) => void;
}

/** All models of a server; disposing of it lets running batches end and closes them. */
export class Inference implements AsyncDisposable {
  readonly #options: InferenceOptions;
  readonly #pool: ModelPool<QueuedModel>;
  /** Queues of loaded models, for metrics and for saying when to come back. */
  readonly #queues = new Map<BatchQueue<Job, Answer>, { readonly place: ModelPlace; readonly facts: ModelFacts }>();

  constructor(options: InferenceOptions) {
    this.#options = options;
    this.#pool = new ModelPool({ maxModels: options.limits.maxModels, load: (place) => this.#load(place) });
    options.metrics.gauge(() => [
      ["landfall_models_loaded", {}, this.#pool.loaded.length],
      ...[...this.#queues].map(
        ([queue, { place }]) => ["landfall_queued_profiles", labelsOf(place), queue.queuedRows] as const,
      ),
    ]);
  }

  /** Why a version could not be loaded the last time; undefined where it could, or was not tried. */
  failureOf(place: ModelPlace): string | undefined {
    return this.#pool.failureOf(place);
  }

  /** What is known of a version that is in memory; undefined where it is not. */
  factsOf({ name, version }: Pick<ModelPlace, "name" | "version">): ModelFacts | undefined {
    return [...this.#queues.values()].find(({ place }) => place.name === name && place.version === version)?.facts;
  }

  /** Seconds after which the longest queue should be done. */
  get retrySeconds(): number {
    return Math.max(1, ...[...this.#queues.keys()].map((queue) => queue.retrySeconds));
  }

  /**
   * Runs one job.
   * @throws AppError what the job's own faults are; `try-again` when the queue or all places for models are taken;
   *   `cancelled` when the signal aborts before the answer
   */
  async run({ place, plan, signal }: InferenceRequest): Promise<Exclude<Answer, { kind: "failed" }>> {
    return this.#pool.with(place, async ({ facts, queue }) => {
      const { job, rows } = plan(facts);
      const answer = await queue.submit(job, { rows, signal });
      if (answer.kind === "failed") throw new AppError(answer.tag, answer.fault, { cause: new Error(answer.trace) });
      this.#options.metrics.add("landfall_profiles_total", labelsOf(place), rows);
      return answer;
    });
  }

  async #load(place: ModelPlace): Promise<QueuedModel> {
    const { open, limits, metrics, onLoaded } = this.#options;
    const startedMs = performance.now();
    const model = await open(place.dir);
    onLoaded?.(place, model.facts, (performance.now() - startedMs) / 1000);
    const labels = labelsOf(place);
    const queue = new BatchQueue<Job, Answer>({
      limits: { batchRows: limits.maxRows, queuedRows: limits.maxQueuedRows },
      run: (jobs) => model.run(jobs),
      onBatch: ({ seconds }: BatchFacts) => {
        metrics.add("landfall_runs_total", labels);
        metrics.add("landfall_run_seconds_total", labels, seconds);
      },
    });
    this.#queues.set(queue, { place, facts: model.facts });
    return {
      facts: model.facts,
      queue,
      [Symbol.asyncDispose]: () => {
        this.#queues.delete(queue);
        return model[Symbol.asyncDispose]();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}

function labelsOf({ name, version }: ModelPlace): { readonly model: string; readonly version: string } {
  return { model: name, version: String(version) };
}
