import { AppError } from "../schemas/index.ts";

/** How long a request may take, and who may give it up. */
export interface Patience {
  readonly deadlineMs: number;
  /** Aborts when the client closes its connection. */
  readonly client: AbortSignal;
}

/**
 * Runs a request's work with a signal that aborts at the deadline, or when the client has gone.
 * @throws AppError `cancelled` then, whether or not the work listens to the signal
 */
export async function withDeadline<T>(
  { deadlineMs, client }: Patience,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const gone = (): void => controller.abort(new AppError("cancelled", { what: "the client closed the connection" }));
  const late = (): void =>
    controller.abort(
      new AppError("cancelled", {
        what: `the request was not answered within ${deadlineMs / 1000} s`,
        advice: "Try again, or send fewer profiles a request",
      }),
    );
  const timer = setTimeout(late, deadlineMs);
  client.addEventListener("abort", gone, { once: true });
  if (client.aborted) gone();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
  try {
    return await Promise.race([work(signal), aborted]);
  } finally {
    clearTimeout(timer);
    client.removeEventListener("abort", gone);
  }
}
