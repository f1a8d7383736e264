import { availableParallelism } from "node:os";
import { AppError } from "../../schemas/index.ts";
import type { ModelSource, OpenOptions, SessionHost } from "../session.ts";
import { openSession } from "./open.ts";

/** How many sessions, and what they share. */
export interface PoolOptions extends Pick<OpenOptions, "device" | "threads"> {
  readonly sessions: number;
}

/**
 * Opens a graph several times, each time in a thread of its own with a share of the threads. Runs go on side by side:
 * while one session's result is copied out of the runtime another computes, and none waits for the slowest thread of
 * all. Each session has weights of its own, packed. A run's result does not depend on which session it falls to.
 * @throws AppError as `openSession`; sessions that did open are then closed
 */
export async function openSessionPool(
  model: ModelSource,
  { sessions, threads = availableParallelism(), ...options }: PoolOptions,
): Promise<SessionHost> {
  if (!Number.isSafeInteger(sessions) || sessions < 1 || sessions > threads)
    throw new AppError("usage", {
      what: "a pool has at least one session, and a thread for each",
      expected: `1 to ${threads}`,
      got: String(sessions),
    });
  const shares = Array.from({ length: sessions }, (_, i) => Math.floor((threads + i) / sessions));
  const opened = await Promise.allSettled(
    shares.map((share) => openSession(model, { ...options, threads: share, host: "worker" })),
  );
  const hosts = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = opened.find((one) => one.status === "rejected");
  if (failed === undefined) return pooled(hosts);
  await close(hosts);
  throw failed.reason;
}

function pooled(hosts: readonly SessionHost[]): SessionHost {
  const [first] = hosts;
  if (first === undefined) throw new Error("a pool without a session");
  const idle = [...hosts];
  const waiting: ((host: SessionHost) => void)[] = [];
  const taken = (): Promise<SessionHost> | SessionHost =>
    idle.shift() ?? new Promise((resolve) => waiting.push(resolve));
  const run: SessionHost["run"] = async (feeds, options) => {
    const host = await taken();
    try {
      return await host.run(feeds, options);
    } finally {
      const next = waiting.shift();
      if (next === undefined) idle.push(host);
      else next(host);
    }
  };
  const { provider, tried, inputs, outputs } = first;
  const dispose = (): Promise<void> => close(hosts);
  const parallelRuns = hosts.length;
  return { provider, tried, inputs, outputs, parallelRuns, movesOutputs: true, run, [Symbol.asyncDispose]: dispose };
}

async function close(hosts: readonly SessionHost[]): Promise<void> {
  await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()));
}
