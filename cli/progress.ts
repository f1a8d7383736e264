import { pino } from "pino";
import type { OnProgress, Progress } from "../schemas/index.ts";

/** `3.2 s`, `4 min 10 s`, `2 h 5 min`: a duration for people. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

interface Clock {
  readonly phase: string;
  readonly startedMs: number;
  readonly doneAtStart: number;
}

/** Rate per second of a phase, to three digits (a few clusters a minute are a rate too), and seconds left. */
function pace({ done, total }: Progress, clock: Clock, nowMs: number): { rate: number; secondsLeft: number } {
  const rate = (done - clock.doneAtStart) / Math.max(1e-9, (nowMs - clock.startedMs) / 1000);
  const secondsLeft = rate > 0 ? (total - done) / rate : Number.POSITIVE_INFINITY;
  return { rate: Number(rate.toPrecision(3)), secondsLeft };
}

/** How often a line is painted on a TTY or logged, and how long a phase may last without being logged at all. */
const paintEveryMs = 250;
const logEveryMs = 30_000;
const silentMs = 5_000;

/** What writes to stderr. */
export interface ProgressReporter {
  readonly onProgress: OnProgress;
  /** Writes a remark as a whole line of its own, a painted line wiped before it. */
  readonly note: (text: string) => void;
  /** Ends a painted line. */
  readonly end: () => void;
}

/** The stream that is written to; a TTY has columns. */
type Stderr = Pick<NodeJS.WriteStream, "write" | "isTTY"> & { readonly columns?: number };

const wipe = "\r\u001b[2K";

/** Makes the receiver of progress: one repainted line on a TTY, a JSON line every 30 s of a longer phase otherwise. */
export function progressReporter(stderr: Stderr): ProgressReporter {
  const tty = stderr.isTTY;
  const log = tty ? undefined : pino({ base: null }, pino.destination({ fd: 2, sync: true }));
  let clock: Clock | undefined;
  let paintedMs = 0;
  let painted = false;
  const onProgress: OnProgress = (progress) => {
    const nowMs = performance.now();
    if (clock?.phase !== progress.phase) {
      clock = { phase: progress.phase, startedMs: nowMs, doneAtStart: progress.done };
      paintedMs = nowMs - 1e9;
    }
    const last = progress.done >= progress.total;
    if (nowMs - paintedMs < (tty ? paintEveryMs : logEveryMs) && !last) return;
    if (!tty && nowMs - clock.startedMs < silentMs) return;
    paintedMs = nowMs;
    const { rate, secondsLeft } = pace(progress, clock, nowMs);
    if (log !== undefined) {
      log.info({ ...progress, rate, secondsLeft: Math.round(secondsLeft) });
      return;
    }
    const share = ((100 * progress.done) / progress.total).toFixed(0).padStart(3);
    const timing = last
      ? `in ${formatDuration((nowMs - clock.startedMs) / 1000)}`
      : `${rate} ${progress.unit}/s, ${formatDuration(secondsLeft)} left`;
    const note = progress.note === undefined ? "" : `  ${progress.note}`;
    const line = `${progress.phase} ${share} %  ${progress.done}/${progress.total} ${progress.unit}  ${timing}${note}`;
    stderr.write(`${wipe}${line.slice(0, (stderr.columns ?? 120) - 1)}${last ? "\n" : ""}`);
    painted = !last;
  };
  const note = (text: string): void => {
    stderr.write(`${painted ? wipe : ""}${text}\n`);
    painted = false;
  };
  return { onProgress, note, end: () => void (painted && stderr.write("\n")) };
}
