import type { OpenSession } from "../../runtime/session.ts";
import type { OpenEngine, StepEngine } from "../epochs/step-engine.ts";
import { openErrors } from "./net-sessions.ts";
import { TrainingSteps } from "./training-steps.ts";

/** Training with ONNX Runtime: the step as a graph of plain operators, on the CPU or a device. */
export function ortEngine(open: OpenSession): OpenEngine {
  return async ({ device, ...spec }) => {
    const options = device === undefined ? {} : { device };
    const steps = await TrainingSteps.open(open, spec, options);
    try {
      const { session, rowErrors } = await openErrors(open, spec.topology, options);
      return {
        name: "ort",
        device: steps.device,
        state: steps.state,
        run: (state, block) => steps.run(state, block),
        rowErrors,
        async [Symbol.asyncDispose]() {
          await session[Symbol.asyncDispose]();
          await steps[Symbol.asyncDispose]();
        },
      } satisfies StepEngine;
    } catch (error) {
      await steps[Symbol.asyncDispose]();
      throw error;
    }
  };
}
