/**
 * Nets that are trained one after the other and become one model: partitions of the targets, members of an ensemble.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "../../data/node/exists.ts";
import { fitInThread } from "../epochs/fit-in-thread.ts";
import type { NetJob } from "../net-job.ts";
import type { TrainedNet } from "../trained-net.ts";
import type { NetInput } from "./net-input.ts";

/** One of several nets. */
export interface NetPart {
  /** Names its checkpoint, its progress, and where it diverges: `part-2`. */
  readonly name: string;
  readonly job: Omit<NetJob, "checkpoint">;
}

/**
 * Trains the parts in turn. Each has a checkpoint of its own, in the folder that the plan names where there are several,
 * and leaves it when it is done: a resumed training goes on with the part that was stopped.
 * @throws AppError as `fitNet`.
 */
export async function trainParts(
  parts: readonly NetPart[],
  { checkpoint, context }: Pick<NetInput, "checkpoint" | "context">,
): Promise<TrainedNet[]> {
  const several = parts.length > 1;
  if (several && checkpoint !== undefined) await mkdir(checkpoint.path, { recursive: true });
  const trained: TrainedNet[] = [];
  const onWarning = once(context.onWarning);
  for (const { name, job } of parts) {
    const path = checkpoint && (several ? join(checkpoint.path, name) : checkpoint.path);
    const plan =
      checkpoint === undefined || path === undefined
        ? undefined
        : {
            ...checkpoint,
            path,
            everySeconds: job.optimisation.checkpointSeconds,
            resume: checkpoint.resume && (await exists(path)),
            atEnd: several,
          };
    const told = several ? { ...context, onProgress: named(name, context.onProgress), onWarning } : context;
    trained.push(
      await fitInThread({ ...job, ...(several && { part: name }), ...(plan && { checkpoint: plan }) }, told),
    );
  }
  return trained;
}

/** Tells the first warning alone: parts are alike, and what one is warned of holds for the others. */
function once(tell: NetInput["context"]["onWarning"]): (warning: string) => void {
  let warned = false;
  return (warning) => {
    if (!warned) tell?.(warning);
    warned = true;
  };
}

function named(name: string, tell: NetInput["context"]["onProgress"]): NetInput["context"]["onProgress"] {
  return ({ note, ...progress }) => tell({ ...progress, note: note === undefined ? name : `${name}: ${note}` });
}
