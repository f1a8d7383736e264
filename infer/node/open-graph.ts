import { availableParallelism } from "node:os";
import { openSession } from "../../runtime/node/open.ts";
import type { ModelSource, OpenOptions, SessionHost } from "../../runtime/session.ts";

/** How to open the graph of a model. */
export interface GraphOptions extends Pick<OpenOptions, "device" | "threads" | "host"> {
  /**
   * How many sessions infer side by side, 1 by default; `auto`: as many as make batch inference faster. More than one
   * are in threads of their own.
   */
  readonly sessions?: number | "auto";
  /** Size of the graph's file. */
  readonly bytes: number;
}

/**
 * Smaller graphs compute so little that handing blocks to another thread costs more; larger ones would take more than the
 * gigabyte above the model that an inference may (DESIGN 4): each session maps the weights and packs them.
 */
const pooledBytes = { least: 2 ** 25, most: 2 ** 28 } as const;
/** Memory that a second session may take of what is free: its weights are packed, and mapped from the file meanwhile. */
const freeOverBytes = 8;

/** Opens a graph in one session or in several. @throws AppError as `openSession` */
export async function openGraph(source: ModelSource, options: GraphOptions): Promise<SessionHost> {
  const { sessions = 1, bytes: _bytes, ...open } = options;
  const count = sessions === "auto" ? await bestSessions(source, options) : sessions;
  if (count === 1) return await openSession(source, open);
  const { openSessionPool } = await import("../../runtime/node/session-pool.ts");
  return await openSessionPool(source, { ...open, sessions: count });
}

/** Two on the processor, where there are threads and memory for them (`bench/infer-throughput.mjs`). */
async function bestSessions(source: ModelSource, { bytes, device = "auto", threads, host }: GraphOptions) {
  const fits =
    "path" in source &&
    host === undefined &&
    bytes >= pooledBytes.least &&
    bytes <= pooledBytes.most &&
    (threads ?? availableParallelism()) >= 2 &&
    process.availableMemory() >= freeOverBytes * bytes;
  return fits && (await isProcessor(device)) ? 2 : 1;
}

async function isProcessor(device: GraphOptions["device"]): Promise<boolean> {
  if (device === "cpu") return true;
  if (device !== "auto") return false;
  const { whyAbsent } = await import("../../runtime/node/providers.ts");
  return whyAbsent("cuda") !== undefined;
}
