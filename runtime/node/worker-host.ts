/** A graph in a thread of its own: this thread's event loop stays free while it runs. */
import { Worker } from "node:worker_threads";
import { elementArrays, elementCount } from "../../onnx/element.ts";
import { AppError } from "../../schemas/index.ts";
import type { EngineRun, SessionEngine } from "../serial-session.ts";
import type { HostTensor, ModelSource, TensorMap } from "../session.ts";
import type { EngineOptions, FromThread, ToThread } from "./messages.ts";

/**
 * Opens a graph in a new thread. Feeds and model bytes are copied once and the copies moved there; outputs are moved
 * back, those of `into` copied once more. The thread keeps the process alive only while it has work.
 * @throws AppError as `openOrtEngine`, and `unavailable` when the thread ends unasked.
 */
export async function openWorkerEngine(model: ModelSource, options: EngineOptions = {}): Promise<SessionEngine> {
  const thread = new SessionThread();
  const sent = "path" in model ? model : { bytes: new Uint8Array(model.bytes) };
  const request: ToThread = { kind: "open", model: sent, options };
  try {
    const opened = await thread.ask(request, "bytes" in sent ? [sent.bytes.buffer] : []);
    if (opened.kind !== "opened") throw new Error(`a thread answered ${opened.kind} to open`);
    const { kind: _, ...engine } = opened;
    return { ...engine, run: (run) => runIn(thread, run), close: () => thread.stop() };
  } catch (error) {
    await thread.stop();
    throw error;
  }
}

async function runIn(thread: SessionThread, { feeds, wanted, into }: EngineRun): Promise<TensorMap> {
  const copies = Object.entries(feeds).map(([name, tensor]) => ({ name, ...copyOf(tensor) }));
  const sent = Object.fromEntries(copies.map(({ name, tensor }) => [name, tensor]));
  const answer = await thread.ask(
    { kind: "run", feeds: sent, wanted },
    copies.map(({ buffer }) => buffer),
  );
  if (answer.kind !== "ran") throw new Error(`a thread answered ${answer.kind} to run`);
  const fresh: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(answer.outputs)) {
    const target = into[name];
    if (target === undefined) fresh[name] = tensor;
    else fill(name, target, tensor);
  }
  return fresh;
}

/**
 * A tensor over a buffer of its own, to be moved. Cloning would send a view's whole buffer; `slice` on a Buffer would
 * give another view.
 */
function copyOf(tensor: HostTensor): { readonly buffer: ArrayBuffer; readonly tensor: HostTensor } {
  const { buffer } = new Uint8Array(bytesOf(tensor));
  const data = new elementArrays[tensor.type](buffer, 0, tensor.data.length);
  return { buffer, tensor: { ...tensor, data } as HostTensor };
}

/** Copies an output into the caller's tensor, as bytes: both are of the signature's type. */
function fill(name: string, target: HostTensor, source: HostTensor): void {
  if (elementCount(target.dims) !== elementCount(source.dims))
    throw new AppError("usage", {
      what: `output ${name} does not fit the tensor given for it`,
      expected: `[${source.dims.join(", ")}]`,
      got: `[${target.dims.join(", ")}]`,
    });
  bytesOf(target).set(bytesOf(source));
}

function bytesOf({ data }: HostTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The main thread's end of a session's thread; one question at a time (`serialSession` sees to it). */
class SessionThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #asked: { readonly resolve: (answer: FromThread) => void; readonly reject: (error: unknown) => void } | undefined;
  #ended: AppError | undefined;

  constructor() {
    // Without the parent's flags: `--input-type` or `--eval` would keep a thread from starting.
    this.#worker = new Worker(new URL(import.meta.resolve("#session-thread")), { execArgv: [] });
    this.#worker.unref();
    this.#worker.on("message", (answer: FromThread) => this.#settle(answer));
    let cause: unknown;
    this.#worker.on("error", (error) => {
      cause = error;
    });
    this.#worker.on("messageerror", (error) => this.#refuse(error));
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", (status) => {
        this.#ended = threadEnded(status, cause);
        this.#refuse(this.#ended);
        resolve();
      });
    });
  }

  /** Sends a request, `moved` leaving with it, and waits for its answer. @throws the AppError it is answered with. */
  ask(request: ToThread, moved: readonly ArrayBuffer[]): Promise<FromThread> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(request, moved);
      this.#worker.ref();
      this.#asked = { resolve, reject };
    });
  }

  /** Asks the thread to close its session and waits until it has ended. Never `terminate()`: in a run that aborts the process. */
  async stop(): Promise<void> {
    if (this.#ended === undefined) {
      this.#worker.ref();
      this.#worker.postMessage({ kind: "stop" } satisfies ToThread);
    }
    await this.#exited;
  }

  #settle(answer: FromThread): void {
    if (answer.kind === "failed") {
      this.#refuse(new AppError(answer.tag, answer.fault, { cause: new Error(answer.trace) }));
      return;
    }
    this.#worker.unref();
    this.#asked?.resolve(answer);
    this.#asked = undefined;
  }

  #refuse(error: unknown): void {
    this.#worker.unref();
    this.#asked?.reject(error);
    this.#asked = undefined;
  }
}

function threadEnded(status: number, cause: unknown): AppError {
  return new AppError(
    "unavailable",
    {
      what: "a session's thread has ended",
      got: cause instanceof Error ? cause.message : `exit status ${status}`,
      advice: "Open the session again",
    },
    { cause },
  );
}
