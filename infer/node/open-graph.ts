import { availableParallelism } from "node:os";
import { hasCudaLibrary } from "../../runtime/node/cuda-library.ts";
import { openSession } from "../../runtime/node/open.ts";
import type { ModelSource, OpenOptions, SessionHost } from "../../runtime/session.ts";

/** How to open the graph of a model. */
export interface GraphOptions extends Pick<OpenOptions, "device" | "threads" | "host"> {
  /** How many sessions infer side by side, 1 by default. More than one are in threads of their own. */
  readonly sessions?: number;
  /**
   * About how many profiles there are to infer; decides, where neither `sessions` nor `host` is given, in how many
   * sessions that is fastest and whether in threads of their own.
   */
  readonly profiles?: number;
  /** Size of the graph's file. */
  readonly bytes: number;
}

/** Smaller graphs open and compute so fast that handing blocks to another thread costs more. */
const worthAThread = 2 ** 25;
/**
 * Bytes of weights times profiles. A second session starts a thread, maps the weights and packs them once more, which takes
 * about as long as it saves in 12,000 profiles of a graph of 218 MB, or in 50,000 of the same in 8 bits, 55 MB (2 cores).
 */
const worthASecond = 2.6e12;
/** Two sessions of a larger graph take more than the gigabyte above the model that an inference may (DESIGN 4). */
const mostTwice = 2 ** 28;
/** Memory that must be free for a second session, over the graph's bytes: it packs weights that are mapped meanwhile. */
const freeOverBytes = 8;

/** Opens a graph in one session or in several. @throws AppError as `openSession` */
export async function openGraph(source: ModelSource, options: GraphOptions): Promise<SessionHost> {
  const { device, threads } = options;
  const open = { ...(device && { device }), ...(threads !== undefined && { threads }) };
  const { sessions = 1, ...where } = arranged(source, options);
  if (sessions === 1) return await openSession(source, { ...open, ...where });
  const { openSessionPool } = await import("../../runtime/node/session-pool.ts");
  return await openSessionPool(source, { ...open, sessions });
}

/**
 * Where sessions run, unless that is given. In a thread of its own a graph opens while inputs are opened and looked at,
 * and computes while blocks are aligned and written.
 */
function arranged(source: ModelSource, options: GraphOptions): Pick<GraphOptions, "sessions" | "host"> {
  const { sessions, host, profiles, bytes, device = "auto", threads = availableParallelism() } = options;
  if (sessions !== undefined || host !== undefined || profiles === undefined)
    return { ...(sessions !== undefined && { sessions }), ...(host && { host }) };
  if (!("path" in source) || bytes < worthAThread || !isProcessor(device)) return {};
  const isWorthASecond = profiles * bytes >= worthASecond && bytes <= mostTwice;
  const hasRoom = threads >= 2 && process.availableMemory() >= freeOverBytes * bytes;
  return isWorthASecond && hasRoom ? { sessions: 2 } : { host: "worker" };
}

/** Without its library CUDA is no candidate of `auto`. */
const isProcessor = (device: GraphOptions["device"]): boolean =>
  device === "cpu" || (device === "auto" && !hasCudaLibrary());
