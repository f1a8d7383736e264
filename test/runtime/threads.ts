import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach } from "vitest";

/** The threads that each test of a file starts. */
export class TestThreads {
  #workers: Worker[] = [];

  constructor() {
    const note = (worker: Worker): void => void this.#workers.push(worker);
    beforeEach(() => {
      this.#workers = [];
      process.on("worker", note);
    });
    afterEach(() => process.off("worker", note));
  }

  /** All that were started, in order. */
  get started(): readonly Worker[] {
    return this.#workers;
  }

  /** Those that run: a thread that has ended has the id −1. */
  get alive(): readonly Worker[] {
    return this.#workers.filter(({ threadId }) => threadId !== -1);
  }
}
