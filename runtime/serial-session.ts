import { AppError, type TensorSignature } from "../schemas/index.ts";
import { checkRun } from "./check-run.ts";
import type { Provider, ProviderTrial, RunOptions, SessionHost, TensorMap } from "./session.ts";
import { Turns } from "./turns.ts";

/** One checked run as an engine gets it. */
export interface EngineRun {
  readonly feeds: TensorMap;
  /** Outputs to compute, in the graph's order. */
  readonly wanted: readonly string[];
  /** Tensors to fill, by output name. */
  readonly into: TensorMap;
}

/** What a host of sessions must bring: it may assume checked tensors and one call at a time. */
export interface SessionEngine {
  readonly provider: Provider;
  readonly tried: readonly ProviderTrial[];
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
  /** Fills `into` and returns the other wanted outputs. @throws AppError when the runtime fails. */
  run(run: EngineRun): Promise<TensorMap>;
  /** Frees the graph; called once, with no run in flight. */
  close(): Promise<void>;
}

/**
 * Makes a session of an engine: checks every run, lets runs wait for each other, returns the caller's own tensors for
 * `into`, and closes once, after the runs asked for before. The session owns the engine.
 */
export function serialSession(engine: SessionEngine): SessionHost {
  const { provider, tried, inputs, outputs } = engine;
  const turns = new Turns();
  let closed: Promise<void> | undefined;
  const run = async (feeds: TensorMap, options: RunOptions = {}): Promise<TensorMap> => {
    if (closed !== undefined)
      throw new AppError("internal", { what: "a closed session was asked to run", advice: "Open it again" });
    const wanted = checkRun(engine, feeds, options);
    const { into = {} } = options;
    const computed = await turns.take(() => engine.run({ feeds, wanted, into }));
    return { ...computed, ...into };
  };
  const close = (): Promise<void> => {
    closed ??= turns.take(() => engine.close());
    return closed;
  };
  return { provider, tried, inputs, outputs, run, [Symbol.asyncDispose]: close };
}
