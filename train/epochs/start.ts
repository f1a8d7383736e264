import { AppError } from "../../schemas/errors.ts";
import { type Checkpoint, type CheckpointPlan, type Position, readCheckpoint } from "../checkpoint.ts";
import type { NetJob } from "../net-job.ts";
import { initialState, type StateTensor, type StepEngine } from "./step-engine.ts";

/** The state of a checkpoint is that of this engine: another version of the program may have had another. */
function requireState({ state }: Checkpoint, tensors: readonly StateTensor[], { path }: CheckpointPlan): void {
  const changing = tensors.filter(({ kind }) => kind !== "fixed");
  const size = (dims: readonly number[]): number => dims.reduce((product, length) => product * length, 1);
  const wrong = changing.filter(({ name, dims }) => state.get(name)?.length !== size(dims)).map(({ name }) => name);
  if (wrong.length === 0 && state.size === changing.length) return;
  throw new AppError("other-plan", {
    what: "the checkpoint has another state than this training",
    where: path,
    examples: wrong,
    advice: "Remove it and train from the start",
  });
}

/**
 * Where a training begins: at its checkpoint, or with the job's initial weights.
 * @throws AppError as `readCheckpoint`, and `other-plan` for a state of other tensors.
 */
export async function startOf({ checkpoint, initial }: NetJob, { state: tensors }: StepEngine): Promise<Checkpoint> {
  if (!checkpoint?.resume) {
    const position: Position = { step: 0, lossSum: 0, selections: [], history: [] };
    return { position, state: initialState(tensors, initial), kept: new Map() };
  }
  const saved = await readCheckpoint(checkpoint);
  requireState(saved, tensors, checkpoint);
  const fixed = initialState(
    tensors.filter(({ kind }) => kind === "fixed"),
    initial,
  );
  return { ...saved, state: new Map([...saved.state, ...fixed]) };
}
