import { encodeModel } from "../../onnx/codec/encode.ts";
import { servedIrVersion } from "../../onnx/graph.ts";
import { hostTensor } from "../../runtime/host-tensor.ts";
import type { HostTensor, OpenOptions, OpenSession, SessionHost } from "../../runtime/session.ts";
import { codeVersion } from "../../schemas/version.ts";
import {
  keysName,
  nextName,
  type StateTensor,
  type TrainingGraph,
  type TrainingSpec,
  trainingGraph,
  trainingOpset,
} from "./training-graph.ts";

/** K steps' worth of input: rows batch after batch, a learning rate a step, and mask keys a draw and step. */
export interface StepBlock {
  readonly steps: number;
  /** `[steps · B, L]` */
  readonly x: Float32Array;
  /** `[steps · B, T]` */
  readonly y: Float32Array;
  /** `[steps]` */
  readonly rates: Float32Array;
  /** The key of a draw at the block's step `at`. */
  readonly keyOf: (draw: number, at: number) => number;
}

/** State by name, each of its tensor's dims; steps change the arrays in place. */
export type TrainingState = ReadonlyMap<string, Float32Array>;

/** A training graph in a session; dispose it to free the session. */
export class TrainingSteps implements AsyncDisposable {
  readonly state: readonly StateTensor[];
  readonly device: string;
  readonly #session: SessionHost;
  readonly #draws: TrainingGraph["draws"];
  readonly #batchRows: number;

  private constructor(session: SessionHost, { state, draws }: TrainingGraph, batchRows: number) {
    [this.state, this.device] = [state, session.provider];
    [this.#session, this.#draws, this.#batchRows] = [session, draws, batchRows];
  }

  /** @throws AppError as {@link trainingGraph} and `open`. */
  static async open(open: OpenSession, spec: TrainingSpec, options: OpenOptions = {}): Promise<TrainingSteps> {
    const built = trainingGraph(spec);
    const bytes = encodeModel({
      graph: built.graph,
      opset: trainingOpset,
      irVersion: servedIrVersion,
      producer: { name: "landfall", version: codeVersion },
      metadata: {},
    });
    // In this thread: the state is then updated in place, without a copy for the way to another.
    return new TrainingSteps(await open({ bytes }, { ...options, host: "same-thread" }), built, spec.batchRows);
  }

  /**
   * Runs the block's steps and returns the loss before each of them, `[steps]`. Feeding and fetching the same array is
   * safe: `Loop` writes its results when it ends. After an error the state is undefined.
   * @throws AppError `internal` when the runtime fails.
   */
  async run(state: TrainingState, { steps, x, y, rates, keyOf }: StepBlock): Promise<Float32Array> {
    const rows = steps * this.#batchRows;
    const blockOf = (values: Float32Array): HostTensor =>
      hostTensor("float32", [steps, this.#batchRows, values.length / rows], values);
    const held = new Map(
      this.state.map(({ name, dims }) => [name, hostTensor("float32", dims, state.get(name) ?? new Float32Array())]),
    );
    const keys = this.#draws.map(({ name }, draw) => {
      const values = Uint32Array.from({ length: steps }, (_, at) => keyOf(draw, at));
      return [keysName(name), hostTensor("uint32", [steps], values)] as const;
    });
    const feeds = {
      steps: hostTensor("int64", [], BigInt64Array.of(BigInt(steps))),
      x: blockOf(x),
      y: blockOf(y),
      rates: hostTensor("float32", [steps], rates),
      ...Object.fromEntries(keys),
      ...Object.fromEntries(held),
    };
    const into = Object.fromEntries([...held].map(([name, tensor]) => [nextName(name), tensor]));
    const { losses } = await this.#session.run(feeds, { into, fetch: ["losses"] });
    if (losses?.type !== "float32") throw new Error("a training graph gave no losses");
    return losses.data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
