/** A model in a thread of its own: the server's event loop stays free while it loads, checks and runs. */
import { Worker } from "node:worker_threads";
import { AppError } from "../schemas/index.ts";
import type { ServedModel } from "./served-model.ts";
import { detachedJob, type FromModelThread, type HostOptions, type ToModelThread } from "./thread-messages.ts";

/**
 * Loads a version folder in a new thread. Values of jobs are copied once and the copies moved there, answers are moved
 * back.
 * @throws AppError as `openModel`, and `unavailable` when the thread ends unasked
 */
export async function openThreadedModel(dir: string, options: HostOptions): Promise<ServedModel> {
  const thread = new ModelThread();
  try {
    const opened = await thread.ask({ kind: "open", dir, options });
    if (opened.kind !== "opened") throw new Error(`a thread answered ${opened.kind} to open`);
    return {
      facts: opened.facts,
      run: async (jobs) => {
        const detached = jobs.map(detachedJob);
        const buffers = detached.flatMap((job) => job.buffers);
        const ran = await thread.ask({ kind: "run", jobs: detached.map(({ job }) => job) }, buffers);
        if (ran.kind !== "ran") throw new Error(`a thread answered ${ran.kind} to run`);
        return ran.answers;
      },
      [Symbol.asyncDispose]: () => thread.stop(),
    };
  } catch (error) {
    await thread.stop();
    throw error;
  }
}

/** The built program of a model's thread, found from sources and tests too. */
const modelThread = (): URL => new URL(import.meta.resolve("#model-thread"));

/** The server's end of a model's thread; one question at a time. */
class ModelThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #asked:
    | { readonly resolve: (answer: FromModelThread) => void; readonly reject: (error: unknown) => void }
    | undefined;
  #ended: AppError | undefined;

  constructor() {
    // Without the parent's flags: `--input-type` or `--eval` would keep a thread from starting.
    this.#worker = new Worker(modelThread(), { execArgv: [] });
    this.#worker.on("message", (answer: FromModelThread) => this.#settle(answer));
    let cause: unknown;
    this.#worker.on("error", (error) => {
      cause = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", (status) => {
        this.#ended = new AppError(
          "unavailable",
          {
            what: "the model's thread has ended",
            got: cause instanceof Error ? cause.message : `exit status ${status}`,
            advice: "Try again: the model is loaded anew",
          },
          { cause },
        );
        this.#refuse(this.#ended);
        resolve();
      });
    });
  }

  /** Sends a request, `moved` leaving with it, and waits for its answer. @throws the AppError it is answered with. */
  ask(request: ToModelThread, moved: readonly ArrayBuffer[] = []): Promise<FromModelThread> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(request, moved);
      this.#asked = { resolve, reject };
    });
  }

  /** Lets the thread close its model and end. Never `terminate()`: in a run that aborts the process. */
  async stop(): Promise<void> {
    if (this.#ended === undefined) this.#worker.postMessage({ kind: "stop" } satisfies ToModelThread);
    await this.#exited;
  }

  #settle(answer: FromModelThread): void {
    if (answer.kind === "failed")
      this.#refuse(new AppError(answer.tag, answer.fault, { cause: new Error(answer.trace) }));
    else this.#asked?.resolve(answer);
    this.#asked = undefined;
  }

  #refuse(error: unknown): void {
    this.#asked?.reject(error);
    this.#asked = undefined;
  }
}
