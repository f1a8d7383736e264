import { encodeModel } from "../../onnx/codec/encode.ts";
import { servedIrVersion } from "../../onnx/graph.ts";
import { hostTensor } from "../../runtime/host-tensor.ts";
import type { HostTensor, OpenOptions, OpenSession, SessionHost } from "../../runtime/session.ts";
import { codeVersion } from "../../schemas/version.ts";
import type { StepBlock, TrainingState } from "../epochs/step-engine.ts";
import { drawKey } from "./counter-hash.ts";
import { stepNumbers } from "./step-numbers.ts";
import { keysName, nextName, numbersName, type TrainingGraph, trainingGraph, trainingOpset } from "./training-graph.ts";
import type { TrainingSpec } from "./training-spec.ts";
import type { CarriedTensor } from "./update-blocks.ts";

/** A training graph in a session; dispose it to free the session. */
export class TrainingSteps implements AsyncDisposable {
  readonly state: readonly CarriedTensor[];
  readonly device: string;
  readonly #session: SessionHost;
  readonly #draws: TrainingGraph["draws"];
  readonly #optimisation: TrainingSpec["optimisation"];

  private constructor(session: SessionHost, { state, draws }: TrainingGraph, { optimisation }: TrainingSpec) {
    [this.state, this.device] = [state, session.provider];
    [this.#session, this.#draws, this.#optimisation] = [session, draws, optimisation];
  }

  /**
   * Large weights are updated in blocks where the CPU is asked for: elsewhere these would be many small launches.
   * @throws AppError as {@link trainingGraph} and `open`.
   */
  static async open(open: OpenSession, spec: TrainingSpec, options: OpenOptions = {}): Promise<TrainingSteps> {
    const built = trainingGraph(spec, { inBlocks: options.device === "cpu" });
    const bytes = encodeModel({
      graph: built.graph,
      opset: trainingOpset,
      irVersion: servedIrVersion,
      producer: { name: "landfall", version: codeVersion },
      metadata: {},
    });
    // In this thread: the state is then updated in place, without a copy for the way to another.
    return new TrainingSteps(await open({ bytes }, { ...options, host: "same-thread" }), built, spec);
  }

  /**
   * Runs the block's steps and returns the loss before each of them, `[steps]`. Feeding and fetching the same array is
   * safe: `Loop` writes its results when it ends. After an error the state is undefined.
   * @throws AppError `internal` when the runtime fails.
   */
  async run(state: TrainingState, block: StepBlock): Promise<Float32Array> {
    const { rows, x, y, rates } = block;
    const steps = rates.length;
    const blockOf = (values: Float32Array): HostTensor =>
      hostTensor("float32", [steps, rows / steps, values.length / rows], values);
    const held = new Map(
      this.state.map(({ name, carried }) => [
        name,
        hostTensor("float32", carried, state.get(name) ?? new Float32Array()),
      ]),
    );
    const feeds = {
      steps: hostTensor("int64", [], BigInt64Array.of(BigInt(steps))),
      x: blockOf(x),
      y: blockOf(y),
      ...this.#numbers(block),
      ...this.#keys(block),
      ...Object.fromEntries(held),
    };
    const changing = this.state.filter(({ kind }) => kind !== "fixed");
    const into = Object.fromEntries(
      changing.flatMap(({ name }) => {
        const tensor = held.get(name);
        return tensor === undefined ? [] : [[nextName(name), tensor]];
      }),
    );
    const { losses } = await this.#session.run(feeds, { into, fetch: ["losses"] });
    if (losses?.type !== "float32") throw new Error("a training graph gave no losses");
    return losses.data;
  }

  /** The numbers of every step, `[steps]` each. */
  #numbers({ rates, firstStep }: StepBlock): Record<string, HostTensor> {
    const columns = new Map<string, Float32Array>();
    for (const [at, rate] of rates.entries())
      for (const [name, value] of Object.entries(stepNumbers(this.#optimisation, rate, firstStep + at + 1))) {
        const column = columns.get(name) ?? new Float32Array(rates.length);
        column[at] = value;
        columns.set(name, column);
      }
    return Object.fromEntries(
      [...columns].map(([name, values]) => [numbersName(name), hostTensor("float32", [rates.length], values)]),
    );
  }

  /** A key a step for every draw. */
  #keys({ rates, firstStep, seed }: StepBlock): Record<string, HostTensor> {
    const steps = rates.length;
    return Object.fromEntries(
      this.#draws.map(({ name }, draw) => {
        const keys = Uint32Array.from({ length: steps }, (_, at) => drawKey({ seed, step: firstStep + at, draw }));
        return [keysName(name), hostTensor("uint32", [steps], keys)];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
