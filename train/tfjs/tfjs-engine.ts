import * as core from "@tensorflow/tfjs-core";
import { AppError, isAppError } from "../../schemas/errors.ts";
import type { OpenEngine, StepEngine } from "../epochs/step-engine.ts";
import { type BackendChoice, type ChosenBackend, openBackend } from "./open-backend.ts";
import { TfjsSteps } from "./tfjs-steps.ts";

/** Words of the backends for memory that is short: WebAssembly has at most 4 GB, a graphics card its own. */
const shortMemory = /out of bounds|out of memory|\bOOM\b|enlarge memory|allocat/i;

/** What tfjs throws, as an error that says what to do: the one place where that is done. */
function translated(cause: unknown, { name }: ChosenBackend): unknown {
  if (isAppError(cause)) return cause;
  const got = cause instanceof Error ? cause.message : String(cause);
  const where = `tfjs:${name}`;
  if (/Kernel '.*' not registered/.test(got))
    return new AppError(
      "bad-model",
      { what: "the backend lacks an operator of the net", where, got, advice: "Train with --engine ort" },
      { cause },
    );
  if (shortMemory.test(got)) {
    const what = "the net does not fit into the backend's memory";
    const advice = "Train fewer units or smaller batches, or with --engine ort, which has all of the machine's memory";
    return new AppError("unavailable", { what, where, got, advice }, { cause });
  }
  return new AppError("internal", { what: "tfjs failed", where, got, advice: "Train with --engine ort" }, { cause });
}

/** Training with tfjs: the net as a LayersModel on one of its backends, in this thread. */
export function tfjsEngine(choice: BackendChoice = {}): OpenEngine {
  return async (job) => {
    const backend = await openBackend(choice);
    /** Another user of tfjs in this thread may have taken another backend since. */
    const onBackend = async <T>(work: () => Promise<T>): Promise<T> => {
      if (core.getBackend() !== backend.registered) await core.setBackend(backend.registered);
      try {
        return await work();
      } catch (error) {
        throw translated(error, backend);
      }
    };
    try {
      const steps = await onBackend(() => TfjsSteps.open(job));
      return {
        name: `tfjs:${backend.name}`,
        device: backend.device,
        state: steps.state,
        notes: backend.passedOver.map((one) => `tfjs passed over ${one}`),
        run: (state, block) => onBackend(() => steps.run(state, block)),
        rowErrors: (weights, block) => onBackend(() => steps.rowErrors(weights, block)),
        [Symbol.asyncDispose]: () => {
          steps[Symbol.dispose]();
          backend.close();
          return Promise.resolve();
        },
      } satisfies StepEngine;
    } catch (error) {
      backend.close();
      throw error;
    }
  };
}
