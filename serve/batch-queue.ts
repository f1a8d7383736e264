/**
 * The queue before a model: whatever waits when the model gets free makes the next batch. No delay is ever added to
 * fill a batch, so a lone request runs at once and a busy model runs full ones.
 * @module
 */
import { AppError } from "../schemas/index.ts";

/** Bounds of a queue. */
export interface QueueLimits {
  /** Most rows of a batch; one larger request still makes a batch of its own. */
  readonly batchRows: number;
  /** Rows that may wait; the next request is refused at once. */
  readonly queuedRows: number;
}

/** What is known of a finished batch. */
export interface BatchFacts {
  readonly jobs: number;
  readonly rows: number;
  readonly seconds: number;
}

/** What a queue is made of. */
export interface QueueOptions<Job, Answer> {
  readonly limits: QueueLimits;
  /** Runs a batch; answers in the order of the jobs. Called again only after it has settled. */
  readonly run: (jobs: readonly Job[]) => Promise<readonly Answer[]>;
  readonly onBatch?: (facts: BatchFacts) => void;
}

interface Waiting<Job, Answer> {
  readonly job: Job;
  readonly rows: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** First come, first served; bounded; a job whose signal aborts leaves the queue, one that runs is waited for no more. */
export class BatchQueue<Job, Answer> {
  readonly #options: QueueOptions<Job, Answer>;
  #waiting: Waiting<Job, Answer>[] = [];
  #running = false;
  #secondsPerRow = 0;

  constructor(options: QueueOptions<Job, Answer>) {
    this.#options = options;
  }

  /** Rows that wait, without those that run. */
  get queuedRows(): number {
    return this.#waiting.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Whole seconds after which the rows that wait now should have been run. */
  get retrySeconds(): number {
    return Math.max(1, Math.ceil(this.queuedRows * this.#secondsPerRow));
  }

  /**
   * Puts a job into the queue and waits for its answer.
   * @throws AppError `try-again` when the queue is full; the signal's reason when it aborts; what the run throws
   */
  submit(job: Job, { rows, signal }: { readonly rows: number; readonly signal: AbortSignal }): Promise<Answer> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { queuedRows } = this;
    // A queue that is empty takes a request of any size that the server accepted.
    if (queuedRows > 0 && queuedRows + rows > this.#options.limits.queuedRows)
      return Promise.reject(
        new AppError("try-again", {
          what: `the model is busy: ${queuedRows} profiles are waiting (limit ${this.#options.limits.queuedRows})`,
          advice: `Try again in ${this.retrySeconds} s`,
        }),
      );
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      const settle = <T>(by: (value: T) => void): ((value: T) => void) => {
        return (value) => {
          signal.removeEventListener("abort", leave);
          by(value);
        };
      };
      const waiting = { job, rows, resolve: settle(resolve), reject: settle(reject) };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      void this.#drain();
    });
  }

  /** The jobs at the head that fit into one batch, and always one. */
  #nextBatch(): Waiting<Job, Answer>[] {
    const { batchRows } = this.#options.limits;
    let rows = 0;
    const end = this.#waiting.findIndex((waiting, i) => {
      rows += waiting.rows;
      return i > 0 && rows > batchRows;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #drain(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#waiting.length > 0) await this.#runBatch(this.#nextBatch());
    this.#running = false;
  }

  async #runBatch(batch: readonly Waiting<Job, Answer>[]): Promise<void> {
    const startedMs = performance.now();
    const rows = batch.reduce((sum, waiting) => sum + waiting.rows, 0);
    try {
      const answers = await this.#options.run(batch.map(({ job }) => job));
      if (answers.length !== batch.length) throw new Error("a batch has another number of answers than of jobs");
      // The type does not know that the lengths agree.
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    const seconds = (performance.now() - startedMs) / 1000;
    this.#secondsPerRow = seconds / Math.max(1, rows);
    this.#options.onBatch?.({ jobs: batch.length, rows, seconds });
  }
}
